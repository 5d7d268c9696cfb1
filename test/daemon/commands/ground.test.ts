import fc from 'fast-check'
import t from 'tap'
import { type CompactAction, SPAN_SLOTS } from '../../../daemon/commands/compact.js'
import { askedByName, ground } from '../../../daemon/commands/ground.js'
import { loadHomeFile } from '../../../daemon/commands/home.js'
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
