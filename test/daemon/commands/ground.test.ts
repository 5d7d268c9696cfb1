import fc from 'fast-check'
import t from 'tap'
import { type CompactAction, decode, SPAN_SLOTS } from '../../../daemon/commands/compact.js'
import { askedByName, askedOfSensor, ground } from '../../../daemon/commands/ground.js'
import { loadHomeFile, parseHome } from '../../../daemon/commands/home.js'
import { alike, stem } from '../../../daemon/commands/names.js'
import { operations } from '../../../daemon/commands/resolve.js'
import { ACTION_NAMES, KIND_NAMES, QUANTIFIERS } from '../../../daemon/commands/vocabulary.js'

const home = (await loadHomeFile('test/fixtures/homes/cabin.yaml'))[0]!

/** Device ids and parameters that a compact command reaches, or the reason of the refusal. */
function reach(command: CompactAction | CompactAction[], area?: string): unknown {
  const parsed = ground(Array.isArray(command) ? command : [command], { home, ...(area ? { area } : {}) })
  if ('refusal' in parsed) return parsed.refusal.reason
  return operations(parsed.actions, home, area).map(o => [o.action, o.deviceId, o.params])
}
const ids = (command: CompactAction, area?: string) => {
  const reached = reach(command, area)
  return Array.isArray(reached) ? reached.map(r => r[1]) : reached
}

t.test('a name is one device, whatever its case and with a slip of spelling', async t => {
  t.strictSame(ids({ action: 'turn_on', kind: 'light', dev: 'piano lamp' }), ['light.piano_lamp'])
  t.strictSame(ids({ action: 'turn_on', kind: 'light', dev: 'pinao lamp' }), ['light.piano_lamp'])
  t.strictSame(ids({ action: 'turn_on', kind: 'thing', dev: 'pump' }), ['switch.pump'])
})

t.test('a plural is all of the kind where one is, or in the place that was said', async t => {
  t.strictSame(ids({ action: 'turn_off', kind: 'light', dev: 'lights' }, 'parlour'), [
    'light.parlour_light',
    'light.piano_lamp',
  ])
  t.strictSame(ids({ action: 'turn_off', kind: 'light', dev: 'parlour lights' }, 'kitchen'), [
    'light.parlour_light',
    'light.piano_lamp',
  ])
  t.strictSame(ids({ action: 'turn_off', kind: 'light', dev: 'lights', area: 'salon' }, 'kitchen'), [
    'light.parlour_light',
    'light.piano_lamp',
  ])
  t.strictSame(ids({ action: 'turn_off', kind: 'light', dev: 'lights', area: 'upstairs' }), [
    'light.loft_light',
    'light.bunk_light',
  ])
  t.strictSame(ids({ action: 'turn_off', kind: 'light', dev: 'upper floor lights' }), [
    'light.loft_light',
    'light.bunk_light',
  ])
  t.equal(
    (ids({ action: 'turn_off', kind: 'light', quantifier: 'all', dev: 'lights' }, 'parlour') as string[])
      .length,
    6,
  )
})

t.test('what the home lacks is refused with the name of what is missing', async t => {
  t.equal(reach({ action: 'turn_on', kind: 'light', dev: 'light', area: 'garage' }), 'unknown_device')
  t.equal(reach({ action: 'turn_on', kind: 'fan', dev: 'fan', area: 'loft' }), 'unknown_device')
  t.equal(reach({ action: 'start', kind: 'dishwasher', dev: 'dishwasher' }), 'unknown_device')
  t.equal(reach({ action: 'turn_on', kind: 'thing', dev: 'hot tub' }), 'unknown_device')
  const parsed = ground([{ action: 'turn_on', kind: 'fan', dev: 'fan', area: 'loft' }], { home })
  t.match(parsed, { refusal: { message: /fan in Loft/, remedy: String } })
})

t.test('what a device cannot do is refused', async t => {
  t.equal(reach({ action: 'set_brightness', kind: 'light', dev: 'loft light', val: '40 %' }), 'unsupported')
  t.equal(reach({ action: 'set_color', kind: 'light', dev: 'piano lamp', val: 'teal' }), 'unsupported')
})

t.test('one of several, with nothing to tell which, is asked back', async t => {
  t.equal(reach({ action: 'turn_off', kind: 'light', dev: 'light' }), 'ambiguous')
  t.equal(reach({ action: 'lock', kind: 'lock', dev: 'lock' }), 'ambiguous')
  t.equal(reach({ action: 'lock', kind: 'door', dev: 'door' }), 'ambiguous')
  t.strictSame(ids({ action: 'lock', kind: 'door', dev: 'front door' }), ['lock.front_door'])
})

t.test('values become numbers in the units of the home', async t => {
  t.strictSame(reach({ action: 'set_brightness', kind: 'light', dev: 'hob light', val: 'thirty percent' }), [
    ['set_brightness', 'light.hob_light', { brightness: 30 }],
  ])
  t.strictSame(
    reach({ action: 'set_brightness', kind: 'light', dev: 'hob light', step: 'down', val: '10 %' }),
    [['set_brightness', 'light.hob_light', { brightness_step: -10 }]],
  )
  t.strictSame(reach({ action: 'set_temperature', kind: 'climate', val: '68 f' }), [
    ['set_temperature', 'climate.heater', { temperature: 20 }],
  ])
  t.strictSame(reach({ action: 'turn_off', kind: 'fan', dev: 'stove fan', in: 'an hour and a half' }), [
    ['turn_off', 'fan.stove_fan', { delay_hours: 1, delay_minutes: 30 }],
  ])
  t.equal(
    reach({ action: 'set_brightness', kind: 'light', dev: 'hob light', val: '400 %' }),
    'not_understood',
  )
  t.equal(reach({ action: 'set_brightness', kind: 'light', dev: 'hob light' }), 'not_understood')
})

t.test('a verb means on a device what people mean by it', async t => {
  t.strictSame(ids({ action: 'turn_on', kind: 'scene', dev: 'evening mode' }), ['scene.evening_mode'])
  t.strictSame(reach({ action: 'turn_on', kind: 'coffee_maker', dev: 'coffee machine' }), [
    ['start', 'appliance.percolator', {}],
  ])
  t.strictSame(reach({ action: 'start', kind: 'vacuum', dev: 'vacuum', area: 'loft' }), [
    ['start', 'vacuum.dusty', { area: 'loft' }],
  ])
  t.equal(reach({ action: 'start', kind: 'vacuum', dev: 'vacuum', area: 'ballroom' }), 'unknown_device')
  t.strictSame(ids({ action: 'activate', kind: 'scene', dev: 'evening mode', area: 'kitchen' }), [
    'scene.evening_mode',
  ])
})

t.test('everything but one thing leaves that one out', async t => {
  const rest = ids({
    action: 'turn_off',
    kind: 'light',
    quantifier: 'all',
    dev: 'lights',
    except: 'piano lamp',
  }) as string[]
  t.equal(rest.length, 5)
  t.notOk(rest.includes('light.piano_lamp'))
  const other = ids({
    action: 'turn_off',
    kind: 'light',
    quantifier: 'all',
    dev: 'lights',
    except: 'kitchen',
  }) as string[]
  t.notOk(other.includes('light.hob_light'))
})

t.test('one part that cannot be done refuses the whole, so that nothing is half done', async t => {
  t.equal(
    reach([
      { action: 'turn_on', kind: 'light', dev: 'piano lamp' },
      { action: 'open', kind: 'window', dev: 'windows' },
    ]),
    'unknown_device',
  )
})

t.test('a question that names one device in full is answered by the name', async t => {
  const asked = (text: string) => askedByName(text, { home })?.targets
  t.strictSame(asked('what is the warmth measured by the loft temperature'), ['sensor.loft_temperature'])
  t.strictSame(asked('is there anything about a kitchen leak to know'), ['binary_sensor.kitchen_leak'])
  t.equal(asked('how is the heater'), undefined, 'one word is too little')
  t.equal(asked('how do the piano lamp and the hob light compare'), undefined, 'two devices')
})

const barn = parseHome(
  {
    floors: ['Ground floor', 'Hay floor'],
    areas: [
      { name: 'Stable', floor: 'ground_floor' },
      { name: 'Hay loft', floor: 'hay_floor' },
      { name: 'Yard', floor: null },
    ],
    devices: [
      { name: 'Stable corner', kind: 'light', area: 'hay_loft' },
      { name: 'Hay loft light', kind: 'light', area: 'hay_loft' },
      { name: 'Hay loft spots', kind: 'light', area: 'hay_loft' },
      { name: 'Stable light', kind: 'light', area: 'stable' },
      { name: 'Reading nook', kind: 'light', area: 'stable' },
      {
        name: 'Record player',
        kind: 'media_player',
        area: 'stable',
        capabilities: ['play_media', 'playback'],
      },
      { name: 'Oats energy stored', kind: 'sensor', class: 'energy', area: 'yard' },
      { name: 'Trough energy', kind: 'sensor', class: 'energy', area: 'yard' },
      { name: 'Manger fill level', kind: 'sensor', area: 'stable' },
    ],
  },
  'test',
)
const inBarn = (short: string, said: string, area?: string) => {
  const parsed = ground(decode(short) ?? [], { home: barn, said, ...(area ? { area } : {}) })
  if ('refusal' in parsed) return parsed.refusal.reason
  return operations(parsed.actions, barn, area).map(o => o.deviceId)
}

t.test('a device that the sentence names in full is meant, where the spans cut its name', async t => {
  const corner = ['light.stable_corner']
  const cut = '<turn_on><k_light><dev> lights<area> hay floor'
  t.strictSame(inBarn(cut, 'turn on stable corner lights on the hay floor'), corner)
  t.strictSame(inBarn(cut, 'turn on the stable corner on the hay floor'), corner)
  t.strictSame(inBarn('<turn_on><k_light><dev> corner bulb', 'turn on the stable corner'), corner)
  t.strictSame(
    inBarn('<get_state><k_energy><dev> energy', 'what is the oats energy stored now'),
    ['sensor.oats_energy_stored'],
    'a question, rather than all of its class',
  )
})

t.test('a name in the sentence does not make one device of several, nor another device of it', async t => {
  const all = ['light.stable_corner', 'light.hay_loft_light', 'light.hay_loft_spots']
  const place = '<turn_on><k_light><dev> lights<area> hay loft'
  t.strictSame(inBarn(place, 'turn on the hay loft lights'), all, 'a plural is the lot')
  t.strictSame(inBarn(place, 'turn on all lights like the stable corner in the hay loft'), all)
  t.strictSame(inBarn(place, 'turn on the lights and the stable corner in the hay loft'), all)
  t.strictSame(inBarn(place, 'turn on lights near old stable corner'), all, 'part of a longer name')
  const unknown = '<turn_on><k_light><dev> pit lamp'
  t.equal(inBarn(unknown, 'turn on the stable corner fan'), 'unknown_device', 'another sort of thing')
  t.equal(inBarn(unknown, 'turn on the stable corner in the dance hall'), 'unknown_device', 'no such place')
  t.equal(inBarn(unknown, 'turn on the stable corner in the stable'), 'unknown_device', 'not in that place')
  const two = `<turn_off><k_light><dev> reading nook<turn_on><k_light><dev> lights<area> hay floor`
  t.strictSame(
    inBarn(two, 'turn off reading nook turn on stable corner lights on the hay floor'),
    ['light.reading_nook', ...all],
    'of two commands neither is touched',
  )
})
t.test('a sensor that a question ends with is asked, whatever it measures', async t => {
  const asked = (said: string) => askedOfSensor(said, { home: barn })?.targets
  t.strictSame(asked('what is the manger fill level right now'), ['sensor.manger_fill_level'])
  t.strictSame(asked('tell me the manger fill level'), ['sensor.manger_fill_level'])
  t.equal(asked('what is the manger fill level of a cow'), undefined)
  t.equal(asked('what is the reading nook'), undefined, 'no sensor')
  t.equal(asked('i like the manger fill level'), undefined, 'no question')
})

t.test('a title and a length of time keep the words that their spans lost', async t => {
  const params = (short: string, said: string) => {
    const parsed = ground(decode(short) ?? [], { home: barn, said })
    return 'actions' in parsed ? parsed.actions[0]?.params : parsed.refusal.reason
  }
  const play = (span: string, said: string) =>
    (params(`<play_media><k_media_player><val> ${span}`, said) as { query?: string }).query
  t.equal(play('lark', 'play the lark on the record player'), 'the lark')
  t.equal(play('lark', 'play the song lark'), 'lark')
  t.equal(play('lark', 'play the lark album'), 'lark')
  t.equal(play('lark', 'play lark'), 'lark')
  t.equal(play('l.a. (live', 'play the l.a. (live'), 'the l.a. (live')
  t.strictSame(params('<start_timer><for> a minute', 'the egg needs half a minute'), { seconds: 30 })
  t.strictSame(params('<start_timer><for> an hour', 'a timer of three quarters of an hour'), { minutes: 45 })
  t.strictSame(params('<start_timer><for> 2 hours', 'set a timer for 2 hours and a half'), {
    hours: 2,
    minutes: 30,
  })
  t.strictSame(params('<start_timer><for> an hour', 'set a timer for an hour'), { hours: 1 })
})

t.test('timers need no device', async t => {
  t.strictSame(ground([{ action: 'start_timer', for: 'five minutes', name: 'dough' }], { home }), {
    actions: [{ action: 'start_timer', targets: [], params: { minutes: 5, name: 'dough' } }],
  })
  t.equal(reach({ action: 'start_timer' }), 'not_understood')
})

t.test('plurals and slips are forgiven, other words are not', async t => {
  t.equal(stem('blinds'), 'blind')
  t.equal(stem('switches'), 'switch')
  t.equal(stem('batteries'), 'battery')
  t.equal(stem('glass'), 'glass')
  t.ok(alike('bedroom', 'bedrom'))
  t.notOk(alike('fan', 'van'))
  t.notOk(alike('lamp', 'damp'))
})

t.test('whatever the model reads, grounding answers with devices of the home or a reason', async t => {
  const word = fc.oneof(
    fc.constantFrom(
      'light',
      'lights',
      'kitchen',
      'the',
      'parlour',
      'upstairs',
      'door',
      'of',
      'in',
      'all',
      'shutter',
      '20',
      'half',
      'mode',
    ),
    fc.stringMatching(/^[a-z]{1,7}$/),
  )
  const span = fc.array(word, { minLength: 1, maxLength: 4 }).map(w => w.join(' '))
  const action = fc.record(
    {
      action: fc.constantFrom(...ACTION_NAMES),
      kind: fc.constantFrom(...KIND_NAMES),
      quantifier: fc.constantFrom(...QUANTIFIERS),
      step: fc.constantFrom('up' as const, 'down' as const),
      ...(Object.fromEntries(SPAN_SLOTS.map(s => [s, span])) as Record<
        (typeof SPAN_SLOTS)[number],
        fc.Arbitrary<string>
      >),
    },
    { requiredKeys: ['action'] },
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(action, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(undefined, 'kitchen', 'loft'),
        (command, area) => {
          const parsed = ground(command, { home, ...(area ? { area } : {}) })
          if ('refusal' in parsed)
            return parsed.refusal.message.length > 0 && parsed.refusal.remedy.length > 0
          return operations(parsed.actions, home, area).every(o =>
            home.devices.some(d => d.id === o.deviceId),
          )
        },
      ),
      { numRuns: 3000 },
    ),
  )
})
