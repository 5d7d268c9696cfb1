/*
 * The short keys of Home Assistant's MQTT discovery that we have a use for, as pairs "short long".
 * @source homeassistant/components/mqtt/abbreviations.py
 */

const pairs = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map(line => {
        const [short = '', long = ''] = line.trim().split(' ')
        return [short, long]
      }),
  )

export const DEVICE_KEYS = pairs(`
  ids identifiers
  cns connections
  sa suggested_area
  mf manufacturer
  mdl model
`)

export const KEYS = pairs(`
  p platform
  dev device
  o origin
  cmps components
  t topic
  e encoding
  en enabled_by_default
  ent_cat entity_category
  dev_cla device_class
  uniq_id unique_id
  obj_id object_id
  def_ent_id default_entity_id
  unit_of_meas unit_of_measurement
  opt optimistic
  ret retain
  avty availability
  avty_mode availability_mode
  avty_t availability_topic
  avty_tpl availability_template
  pl_avail payload_available
  pl_not_avail payload_not_available
  cmd_t command_topic
  cmd_tpl command_template
  stat_t state_topic
  stat_val_tpl state_value_template
  val_tpl value_template
  pl_on payload_on
  pl_off payload_off
  stat_on state_on
  stat_off state_off
  bri_cmd_t brightness_command_topic
  bri_cmd_tpl brightness_command_template
  bri_scl brightness_scale
  bri_stat_t brightness_state_topic
  bri_val_tpl brightness_value_template
  clr_temp_cmd_t color_temp_command_topic
  clr_temp_cmd_tpl color_temp_command_template
  clr_temp_k color_temp_kelvin
  clr_temp_stat_t color_temp_state_topic
  clr_temp_val_tpl color_temp_value_template
  clrm color_mode
  sup_clrm supported_color_modes
  min_k min_kelvin
  max_k max_kelvin
  min_mirs min_mireds
  max_mirs max_mireds
  on_cmd_type on_command_type
  hs_cmd_t hs_command_topic
  hs_cmd_tpl hs_command_template
  hs_stat_t hs_state_topic
  hs_val_tpl hs_value_template
  xy_cmd_t xy_command_topic
  xy_cmd_tpl xy_command_template
  xy_stat_t xy_state_topic
  xy_val_tpl xy_value_template
  rgb_cmd_t rgb_command_topic
  rgb_cmd_tpl rgb_command_template
  rgb_stat_t rgb_state_topic
  rgb_val_tpl rgb_value_template
  rgbw_cmd_t rgbw_command_topic
  rgbw_cmd_tpl rgbw_command_template
  rgbw_stat_t rgbw_state_topic
  rgbw_val_tpl rgbw_value_template
  rgbww_cmd_t rgbww_command_topic
  rgbww_cmd_tpl rgbww_command_template
  rgbww_stat_t rgbww_state_topic
  rgbww_val_tpl rgbww_value_template
  pl_open payload_open
  pl_cls payload_close
  pl_stop payload_stop
  pos reports_position
  pos_t position_topic
  pos_tpl position_template
  pos_clsd position_closed
  pos_open position_open
  set_pos_t set_position_topic
  set_pos_tpl set_position_template
  stat_open state_open
  stat_clsd state_closed
  stat_opening state_opening
  stat_closing state_closing
  stat_stopped state_stopped
  mode_cmd_t mode_command_topic
  mode_cmd_tpl mode_command_template
  mode_stat_t mode_state_topic
  mode_stat_tpl mode_state_template
  temp_cmd_t temperature_command_topic
  temp_cmd_tpl temperature_command_template
  temp_stat_t temperature_state_topic
  temp_stat_tpl temperature_state_template
  temp_unit temperature_unit
  min_temp min_temp
  max_temp max_temp
  curr_temp_t current_temperature_topic
  curr_temp_tpl current_temperature_template
  pow_cmd_t power_command_topic
  pow_cmd_tpl power_command_template
  act_t action_topic
  act_tpl action_template
  pct_cmd_t percentage_command_topic
  pct_cmd_tpl percentage_command_template
  pct_stat_t percentage_state_topic
  pct_val_tpl percentage_value_template
  spd_rng_min speed_range_min
  spd_rng_max speed_range_max
  pr_mode_cmd_t preset_mode_command_topic
  pr_mode_cmd_tpl preset_mode_command_template
  pr_mode_stat_t preset_mode_state_topic
  pr_mode_val_tpl preset_mode_value_template
  pr_modes preset_modes
  pl_lock payload_lock
  pl_unlk payload_unlock
  stat_locked state_locked
  stat_unlocked state_unlocked
  stat_locking state_locking
  stat_unlocking state_unlocking
  stat_jam state_jammed
  pl_strt payload_start
  pl_paus payload_pause
  pl_ret payload_return_to_base
  sup_feat supported_features
`)

/** The same object under long keys; a long key that is there wins. */
export function expand(
  object: Readonly<Record<string, unknown>>,
  keys: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const long: [string, unknown][] = []
  const short: [string, unknown][] = []
  for (const [key, value] of Object.entries(object)) {
    const name = keys.get(key)
    if (name === undefined || name === key) long.push([key, value])
    else short.push([name, value])
  }
  return Object.fromEntries([...short, ...long])
}
