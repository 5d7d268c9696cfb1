import fc from 'fast-check'
import t from 'tap'
import type { CompactAction, CompactCommand } from '../../../daemon/commands/compact.js'
import { choiceOf, whichQuestion, yesOrNo } from '../../../daemon/commands/dialogue/answers.js'
import { carryOver } from '../../../daemon/commands/dialogue/moves.js'
import { pointedAt } from '../../../daemon/commands/dialogue/referents.js'
import { judge, type RiskPolicy, riskOf } from '../../../daemon/commands/dialogue/risk.js'
import { Sessions, sessionKey } from '../../../daemon/commands/dialogue/session.js'
import { undoOf } from '../../../daemon/commands/dialogue/undo.js'
import { ground } from '../../../daemon/commands/ground.js'
import { type Device, parseHome } from '../../../daemon/commands/home.js'
import { ACTION_NAMES } from '../../../daemon/commands/vocabulary.js'
import { FakeClock } from '../../support/clock.js'

const HOME = parseHome(
  {
    floors: ['Below', 'Above'],
    areas: [
      { name: 'Parlour', floor: 'below' },
      { name: 'Scullery', floor: 'below', aliases: ['wash house'] },
      { name: 'Turret', floor: 'above' },
    ],
    devices: [
      { name: 'Piano lamp', kind: 'light', area: 'parlour', capabilities: ['on_off', 'brightness', 'color'] },
      { name: 'Window lamp', kind: 'light', area: 'parlour', capabilities: ['on_off', 'brightness'] },
      { name: 'Stair lamp', kind: 'light', area: 'turret', capabilities: ['on_off', 'brightness'] },
      { name: 'Fan', id: 'fan.a', kind: 'fan', area: 'parlour' },
      { name: 'Fan', id: 'fan.b', kind: 'fan', area: 'turret' },
      { name: 'Gramophone', kind: 'media_player', area: 'parlour' },
      { name: 'Great door', kind: 'lock', area: 'parlour' },
      { name: 'Coach house', kind: 'cover', class: 'garage' },
      {
        name: 'Shutter',
        kind: 'cover',
        class: 'shutter',
        area: 'turret',
        capabilities: ['open_close', 'position'],
      },
      { name: 'Rill', kind: 'valve' },
      {
        name: 'Range',
        kind: 'appliance',
        class: 'oven',
        area: 'scullery',
        capabilities: ['start_stop', 'target_temperature'],
      },
      { name: 'Attic heater', kind: 'switch', area: 'turret' },
      { name: 'Stove room thermostat', kind: 'climate', area: 'scullery' },
      { name: 'Supper', kind: 'scene' },
    ],
  },
  'test',
)
const device = (id: string) => HOME.devices.find(d => d.id === id) as Device
const LAMPS = ['light.piano_lamp', 'light.window_lamp', 'light.stair_lamp'].map(device)

t.test('a follow-up takes from the command before what it does not say itself', async t => {
  const before: CompactAction[] = [
    { action: 'set_brightness', kind: 'light', dev: 'piano lamp', val: '40 %' },
  ]
  const follow = (move: CompactCommand[number]) => carryOver([move], before)
  t.strictSame(follow({ action: 'again', area: 'turret' }), [
    { action: 'set_brightness', kind: 'light', area: 'turret', val: '40 %' },
  ])
  t.strictSame(follow({ action: 'again', step: 'up' }), [
    { action: 'set_brightness', kind: 'light', dev: 'piano lamp', step: 'up' },
  ])
  t.strictSame(follow({ action: 'instead', val: '30 %' }), [
    { action: 'set_brightness', kind: 'light', dev: 'piano lamp', val: '30 %' },
  ])
  t.strictSame(follow({ action: 'again', kind: 'light', dev: 'window lamp' }), [
    { action: 'set_brightness', kind: 'light', dev: 'window lamp', val: '40 %' },
  ])
  t.strictSame(follow({ action: 'again' }), before, 'the very same')
  t.strictSame(carryOver([{ action: 'again' }], undefined), [{ action: 'again' }], 'nothing came before')
  t.match(ground([{ action: 'again' }], { home: HOME }), { refusal: { reason: 'not_understood' } })
})

t.test('one answers a question by name, room, place in the list, or not at all', async t => {
  const answer = (said: string) => choiceOf(said, LAMPS, HOME)
  const [piano, window, stair] = LAMPS.map(d => d.id)
  t.strictSame(answer('the piano one'), [piano])
  t.strictSame(answer('piano lamp please'), [piano])
  t.strictSame(answer('i mean the one in the turret'), [stair])
  t.strictSame(answer('the one above'), [stair], 'by floor')
  t.strictSame(answer('the second one'), [window])
  t.strictSame(answer('number three'), [stair])
  t.strictSame(answer('the last one'), [stair])
  t.strictSame(answer('piano and stair'), [piano, stair])
  t.strictSame(answer('all of them'), [piano, window, stair])
  t.equal(answer('never mind'), 'none')
  t.equal(answer('neither'), 'none')
  for (const said of ['the lamp', 'the blue one', 'open the shutter', 'what is the time', 'parlour', ''])
    t.equal(answer(said), undefined, `"${said}" is no answer`)
  t.equal(whichQuestion(LAMPS, HOME), 'Which lamp: Piano, Window or Stair?')
  t.equal(
    whichQuestion([device('fan.a'), device('fan.b')], HOME),
    'Which one: Fan in the parlour or Fan in the turret?',
  )
})

t.test('yes, no, and what is neither', async t => {
  for (const said of ['yes', 'yes please', 'ok', 'do it', 'sure thanks']) t.equal(yesOrNo(said), 'yes', said)
  for (const said of ['no', 'no thanks', 'never mind', 'cancel']) t.equal(yesOrNo(said), 'no', said)
  for (const said of ['yes turn on the lamp', 'no the other one', 'maybe', 'lamp'])
    t.equal(yesOrNo(said), undefined, said)
})

t.test('an answer is always one of the candidates', async () => {
  const word = fc.constantFrom(
    'the',
    'piano',
    'lamp',
    'one',
    'second',
    'turret',
    'and',
    'both',
    'parlour',
    'zz',
    'last',
    '2',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), said => {
      const found = choiceOf(said.join(' '), LAMPS, HOME)
      return !Array.isArray(found) || (found.length > 0 && found.every(id => LAMPS.some(d => d.id === id)))
    }),
  )
})

t.test('"it", "the other one" and "brighter" are about the devices of the command before', async t => {
  const last = ['light.piano_lamp']
  const point = (c: CompactAction, said: string, referents?: string[]) => pointedAt(c, said, referents, HOME)
  t.strictSame(point({ action: 'turn_off', dev: 'it' }, 'turn it off', last), {
    targets: last,
    action: 'turn_off',
  })
  t.match(point({ action: 'turn_off', dev: 'it' }, 'turn it off'), { refusal: { reason: 'ambiguous' } })
  t.match(point({ action: 'lock', dev: 'it' }, 'lock it', last), { refusal: { reason: 'unsupported' } })
  t.strictSame(point({ action: 'turn_off', dev: 'other lamp' }, 'the other lamp', last), {
    targets: ['light.window_lamp'],
    action: 'turn_off',
  })
  t.strictSame(point({ action: 'set_brightness', step: 'up' }, 'brighter', last)?.valueOf(), {
    targets: last,
    action: 'set_brightness',
  })
  const louder: CompactAction = { action: 'set_volume', kind: 'media_player', step: 'up' }
  t.match(point(louder, 'turn it up', last), { action: 'set_brightness' }, 'a lamp has no sound')
  t.match(point(louder, 'turn it up', ['media_player.gramophone']), { action: 'set_volume' })
  t.equal(point(louder, 'turn the volume up', last), undefined, 'the sound was said')
  t.equal(point({ action: 'turn_on', dev: 'fan' }, 'turn on the fan', last), undefined, 'it is named')
  const red: CompactAction = { action: 'set_color', kind: 'light', val: 'red' }
  t.match(point(red, 'make it red', ['light.window_lamp']), { refusal: { reason: 'unsupported' } })
  t.equal(point(red, 'make it red', ['media_player.gramophone']), undefined, 'nobody means a gramophone')
})

t.test('in one sentence "it" is what was named last', async t => {
  const said = 'turn on the piano lamp and make it red'
  const command: CompactCommand = [
    { action: 'turn_on', kind: 'light', dev: 'piano lamp' },
    { action: 'set_color', kind: 'light', val: 'red' },
  ]
  t.match(ground(command, { home: HOME, said }), {
    actions: [{}, { action: 'set_color', targets: ['light.piano_lamp'] }],
  })
})

t.test('several that fit become a question, and the chosen ones are acted on', async t => {
  const command: CompactCommand = [
    { action: 'turn_off', kind: 'fan', dev: 'fan', area: 'turret' },
    { action: 'turn_on', kind: 'light', dev: 'lamp' },
  ]
  t.match(ground(command, { home: HOME }), {
    refusal: {
      reason: 'ambiguous',
      at: 1,
      message: 'Which lamp: Piano, Window or Stair?',
      candidates: LAMPS.map(d => d.id),
    },
  })
  t.match(ground(command, { home: HOME, chosen: new Map([[1, ['light.stair_lamp']]]) }), {
    actions: [{ action: 'turn_off' }, { action: 'turn_on', targets: ['light.stair_lamp'] }],
  })
})

t.test('what is risky, and what a policy says of it', async t => {
  const risk = (action: string, id: string, params = {}) =>
    riskOf({ action: action as 'open', deviceId: id, params }, device(id))
  t.equal(risk('unlock', 'lock.great_door'), 'unlock')
  t.equal(risk('lock', 'lock.great_door'), undefined)
  t.equal(risk('open', 'cover.coach_house'), 'openGarage')
  t.equal(risk('close', 'cover.coach_house'), undefined)
  t.equal(risk('open', 'cover.shutter'), undefined)
  t.equal(risk('open', 'valve.rill'), 'openValve')
  t.equal(risk('start', 'appliance.range'), 'heat')
  t.equal(risk('set_temperature', 'appliance.range'), 'heat')
  t.equal(risk('turn_on', 'switch.attic_heater'), 'heat')
  t.equal(risk('turn_off', 'switch.attic_heater'), undefined)
  t.equal(
    risk('set_temperature', 'climate.stove_room_thermostat'),
    undefined,
    'a thermostat knows when to stop',
  )
  const policy: RiskPolicy = { unlock: 'forbid', openGarage: 'confirm', openValve: 'allow', heat: 'confirm' }
  const say = (...ids: [string, string][]) =>
    judge(
      ids.map(([action, deviceId]) => ({ action: action as 'open', deviceId, params: {} })),
      HOME,
      policy,
    ).verdict
  t.equal(say(['turn_on', 'light.piano_lamp']), 'allow')
  t.equal(say(['open', 'valve.rill']), 'allow')
  t.equal(say(['turn_on', 'light.piano_lamp'], ['open', 'cover.coach_house']), 'confirm')
  t.equal(
    say(['open', 'cover.coach_house'], ['unlock', 'lock.great_door']),
    'forbid',
    'the strictest word counts',
  )
})

t.test('what was changed is put back as it was', async t => {
  const back = (action: string, id: string, state: unknown, attributes = {}) => {
    const step = undoOf({ action: action as 'open', deviceId: id, params: {} }, device(id), {
      state: state as string,
      attributes,
      at: 0,
    })
    return step.type === 'device' ? step.operations.map(o => [o.action, o.params]) : step.type
  }
  const lamp = 'light.piano_lamp'
  t.strictSame(back('turn_on', lamp, 'off'), [['turn_off', {}]])
  t.strictSame(back('turn_off', lamp, 'on'), [['turn_on', {}]])
  t.strictSame(back('turn_on', lamp, 'on'), [['turn_on', {}]], 'it was on already')
  t.strictSame(back('set_brightness', lamp, 'off', { brightness: 70 }), [['turn_off', {}]])
  t.strictSame(back('set_brightness', lamp, 'on', { brightness: 70 }), [
    ['set_brightness', { brightness: 70 }],
  ])
  t.strictSame(back('set_color', lamp, 'on', { brightness: 70, color: [255, 136, 0] }), [
    ['set_color', { color: '#ff8800' }],
    ['set_brightness', { brightness: 70 }],
  ])
  t.strictSame(back('close', 'cover.shutter', 'open', { position: 35 }), [['set_position', { position: 35 }]])
  t.strictSame(back('open', 'cover.coach_house', 'closed'), [['close', {}]])
  t.strictSame(back('unlock', 'lock.great_door', 'locked'), [['lock', {}]])
  t.strictSame(back('set_volume', 'media_player.gramophone', 'on', { volume_level: 20 }), [
    ['set_volume', { volume_level: 20 }],
  ])
  t.equal(back('activate', 'scene.supper', undefined), 'never')
  t.equal(back('set_brightness', lamp, undefined), 'never', 'nobody knows how it was')
  for (const action of ACTION_NAMES)
    for (const d of HOME.devices)
      t.doesNotThrow(() => undoOf({ action, deviceId: d.id, params: {} }, d, undefined))
})

t.test('a session is kept for its time, and only so many', async t => {
  const clock = new FakeClock()
  const sessions = new Sessions({ clock, seconds: 60, most: 3 })
  sessions.set('a', { referents: ['x'] })
  await clock.turn(59_000)
  t.strictSame(sessions.get('a'), { referents: ['x'] })
  await clock.turn(1_000)
  t.strictSame(sessions.get('a'), {}, 'too long ago')
  for (const key of ['a', 'b', 'c', 'd']) sessions.set(key, { referents: [key] })
  t.equal(sessions.size, 3)
  t.strictSame(sessions.get('a'), {}, 'the one silent longest went')
  t.not(sessionKey('hall', undefined), sessionKey(undefined, 'hall'))
  const none = new Sessions({ clock, seconds: 0 })
  none.set('a', { referents: ['x'] })
  t.strictSame(none.get('a'), {}, 'off')
})
