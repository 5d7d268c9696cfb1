import fc from 'fast-check'
import t from 'tap'
import type { CompactCommand } from '../../../daemon/commands/compact.js'
import { normalise } from '../../../daemon/commands/normalise.js'
import { unreadTime } from '../../../daemon/commands/unread-time.js'

const ON: CompactCommand = [{ action: 'turn_on', kind: 'light', dev: 'lamp' }]

t.test('a time that nobody read is found', async t => {
  for (const [said, time] of [
    ['turn on the lamp at sunset', 'at sunset'],
    ['lamp on tomorrow', 'tomorrow'],
    ['turn on the lamp every morning', 'every morning'],
    ['turn on the lamp on fridays', 'on fridays'],
    ['lamp on in ten minutes please', 'in ten minutes'],
    ['put the lamp on at 7 pm', 'at 7 pm'],
    ['put the lamp on at seven', 'at seven'],
    ['lamp on at 6:30 please', 'at 6:30'],
    ['lamp on half an hour from now', 'half an hour from now'],
    ['turn on the lamp when it rains', 'when it'],
    ['turn the lamp on if nobody is home', 'if nobody'],
    ['lamp on before dinner comes', 'before dinner'],
  ] as const)
    t.equal(unreadTime(normalise(said), ON), time, said)
})

t.test('politeness, names and what was read are no such time', async t => {
  for (const said of [
    'turn on the lamp when you can',
    'turn on the lamp if you please',
    "if you don't mind turn on the lamp",
    'turn on the lamp if it is ok',
    'turn the lamp on in the kitchen',
    'lamp on now',
    'put the lamp at ten percent',
    'good morning turn on the lamp',
  ])
    t.equal(unreadTime(normalise(said), ON), undefined, said)
  const named: CompactCommand = [{ action: 'turn_on', kind: 'light', dev: 'every day lamp' }]
  t.equal(unreadTime('turn on the every day lamp', named), undefined, 'a name')
  const title: CompactCommand = [{ action: 'play_media', val: 'after the rain at midnight' }]
  t.equal(unreadTime('play after the rain at midnight', title), undefined, 'a title')
  const level: CompactCommand = [{ action: 'set_brightness', dev: 'lamp', val: 'seven' }]
  t.equal(unreadTime('set the lamp at seven', level), undefined, 'a level')
  const read: CompactCommand = [{ action: 'turn_on', dev: 'lamp', in: 'ten minutes' }]
  t.equal(unreadTime('turn on the lamp in ten minutes', read), undefined, 'read')
  t.equal(
    unreadTime('is the lamp on at 7 pm', [{ action: 'get_state', dev: 'lamp' }]),
    undefined,
    'a question',
  )
  t.equal(
    unreadTime('wake me at 7 am', [{ action: 'start_timer' }]),
    undefined,
    'timers look after themselves',
  )
})

t.test('whatever is said, what it finds was said, and nothing is found in nothing to do', async () => {
  const word = fc.constantFrom(
    'turn',
    'on',
    'lamp',
    'at',
    'in',
    'ten',
    'minutes',
    'every',
    'day',
    'when',
    'it',
    '7',
    'pm',
    'tomorrow',
    'if',
  )
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), words => {
      const said = words.join(' ')
      const found = unreadTime(said, ON)
      return (found === undefined || said.includes(found)) && unreadTime(said, []) === undefined
    }),
  )
})
