import fc from 'fast-check'
import t from 'tap'
import { called } from '../../../daemon/commands/called.js'
import { decode } from '../../../daemon/commands/compact.js'
import { bindConfigured } from '../../../daemon/commands/devices/layout.js'
import { ground } from '../../../daemon/commands/ground.js'
import { HomeSchema, parseHome } from '../../../daemon/commands/home.js'
import { normalise } from '../../../daemon/commands/normalise.js'
import { planAction } from '../../../daemon/commands/plan-action.js'
import { programNamed, programWithin } from '../../../daemon/commands/programs.js'

const home = parseHome(
  {
    areas: ['Cellar', 'Kitchen'],
    devices: [
      {
        name: 'Laundry machine',
        kind: 'appliance',
        class: 'washer',
        area: 'cellar',
        aliases: ['washer'],
        mqtt: 'cellar/washer',
        programs: [
          'Gentle',
          { name: 'Boil wash 90', aliases: ['whites'], payload: 'P7' },
          'Rinse',
          'Rinse and spin',
        ],
      },
      {
        name: 'Dishwasher',
        kind: 'appliance',
        class: 'dishwasher',
        area: 'kitchen',
        programs: ['Gentle', 'Glasses'],
        mqtt: {
          command_topic: 'kitchen/dishes/set',
          program_command_topic: 'kitchen/dishes/program',
          program_command_template: '{"program": "{{ value }}"}',
        },
      },
      {
        name: 'Old oven',
        kind: 'switch',
        area: 'kitchen',
        programs: [{ name: 'Pizza', payload: 'ON:PIZZA' }, 'Roast'],
        mqtt: { command_topic: 'oven/set' },
      },
      { name: 'Kettle', kind: 'appliance', class: 'kettle', area: 'kitchen', capabilities: ['start_stop'] },
      { name: 'Rover', kind: 'vacuum', area: 'cellar' },
      { name: 'Radiator', kind: 'climate', area: 'kitchen' },
    ],
  },
  'test',
)

/** What a reading comes to: target, action and parameters, or the refusal's reason and message. */
function grounded(short: string, said = '') {
  const parsed = ground(decode(short) ?? [], { home, said })
  if ('refusal' in parsed) return `${parsed.refusal.reason}: ${parsed.refusal.message}`
  return parsed.actions.map(({ action, targets, params }) => [action, ...targets, params])
}

t.test('a program is the one of the device, in its own spelling', async t => {
  const start = (program: string) => [['start', 'appliance.laundry_machine', { program }]]
  t.strictSame(grounded('<start><k_washer><dev> washer<val> gentle'), start('Gentle'))
  t.strictSame(grounded('<start><k_washer><dev> washer<val> the gentle cycle'), start('Gentle'))
  t.strictSame(grounded('<start><k_washer><dev> washer<val> boil wash ninety'), start('Boil wash 90'))
  t.strictSame(grounded('<start><k_washer><dev> washer<val> boil at 90 degrees'), start('Boil wash 90'))
  t.strictSame(grounded('<start><k_washer><dev> washer<val> whites'), start('Boil wash 90'))
  t.strictSame(grounded('<set_mode><k_washer><dev> washer<val> gentle'), start('Gentle'))
  t.strictSame(grounded('<start><k_washer><dev> washer<val> gentle<in> ten minutes'), [
    ['start', 'appliance.laundry_machine', { program: 'Gentle', delay_minutes: 10 }],
  ])
})

t.test('a program that the device lacks is refused with those that it has', async t => {
  t.equal(
    grounded('<start><k_washer><dev> washer<val> wool'),
    'unsupported: Laundry machine has no program "wool"; it has Gentle, Boil wash 90, Rinse and Rinse and spin.',
  )
  t.match(
    grounded('<set_mode><k_dishwasher><dev> dishwasher<val> whites'),
    /Dishwasher has no program "whites"/,
  )
  t.equal(
    grounded('<start><k_kettle><dev> kettle<val> green tea'),
    'unsupported: Kettle has no programs to choose from.',
  )
})

t.test('a device without programs is started as ever, whatever words the value repeats', async t => {
  t.strictSame(grounded('<start><k_kettle><dev> kettle'), [['start', 'appliance.kettle', {}]])
  t.strictSame(grounded('<start><k_kettle><dev> kettle<val> the kettle now'), [
    ['start', 'appliance.kettle', {}],
  ])
  t.match(grounded('<start><k_vacuum><dev> rover<area> cellar'), [['start', 'vacuum.rover', {}]])
  t.match(grounded('<set_mode><k_climate><val> heat'), [['set_mode', Object, { mode: 'heat' }]])
  t.match(grounded('<turn_on><k_washer><dev> washer'), [['turn_on', 'appliance.laundry_machine', {}]])
})

t.test('the sentence tells the program where the reading does not', async t => {
  const program = (short: string, said: string) => {
    const found = grounded(short, said)
    return Array.isArray(found) ? (found[0]!.at(-1) as { program?: string }).program : found
  }
  t.equal(
    program('<turn_on><k_washer><dev> washer', 'turn on the washer with rinse and spin'),
    'Rinse and spin',
  )
  t.equal(program('<start><k_washer><dev> washer', 'start the washer on boil wash ninety'), 'Boil wash 90')
  t.equal(program('<start><k_washer><dev> washer', 'start the washer'), undefined)
  t.equal(program('<start><k_thing><dev> rinse program', 'start the rinse program'), 'Rinse')
  t.equal(program('<start><k_thing><dev> glasses', 'run glasses'), 'Glasses')
  t.equal(program('<start><k_dishwasher><dev> gentle dishwasher', 'start the gentle dishwasher'), 'Gentle')
  t.match(program('<start><k_thing><dev> gentle program', 'start the gentle program'), /ambiguous: Which one/)
  const parsed = ground(decode('<start><k_washer><dev> washer<turn_on><k_climate><dev> radiator') ?? [], {
    home,
    said: 'start the washer and rinse the radiator',
  })
  t.match(parsed, { actions: [{ params: { program: undefined } }, {}] }, 'of two commands no word is taken')
})

t.test('a device and its program are started by their names alone, without a model', async t => {
  const calls = (text: string) => {
    const found = called(normalise(text), home)
    return found && 'device' in found ? `${found.device.id} ${found.program?.name}` : undefined
  }
  for (const text of [
    'start the washer on gentle',
    'please run the gentle cycle on the washer',
    'set the laundry machine to gentle',
    'turn on the washer with the gentle program',
  ])
    t.equal(calls(text), 'appliance.laundry_machine Gentle', text)
  t.equal(calls('start boil wash ninety'), 'appliance.laundry_machine Boil wash 90')
  t.equal(calls('start the whites program'), 'appliance.laundry_machine Boil wash 90')
  t.equal(calls('run the glasses program'), 'appliance.dishwasher Glasses')
  for (const text of [
    'start the gentle program', // which of two?
    'start rinse', // one word
    'boil wash 90', // no verb
    'stop the gentle cycle on the washer',
    'turn off the washer on gentle',
    'start the washer',
    'start the washer on wool',
    'is the washer on gentle',
  ])
    t.equal(calls(text), undefined, text)
})

t.test('a device is told its program in its own way', async t => {
  const told = (id: string, program: string) => {
    const device = home.devices.find(d => d.id === id)!
    const bound = bindConfigured(device, 'metric')
    if (!bound || 'reason' in bound) return bound?.reason
    const plan = planAction('start', { program }, { home, device, binding: bound.binding, known: {} })
    return 'refusal' in plan ? plan.refusal : plan.messages.map(m => `${m.topic} ${m.payload}`)
  }
  t.strictSame(told('appliance.laundry_machine', 'Gentle'), [
    'cellar/washer/set {"action":"start","program":"Gentle"}',
  ])
  t.strictSame(told('appliance.laundry_machine', 'Boil wash 90'), [
    'cellar/washer/set {"action":"start","program":"P7"}',
  ])
  t.strictSame(told('appliance.dishwasher', 'Glasses'), [
    'kitchen/dishes/program {"program": "Glasses"}',
    'kitchen/dishes/set {"action":"start"}',
  ])
  t.match(told('appliance.dishwasher', 'Wool'), /has no program "Wool" \(it has Gentle and Glasses\)/)
})

t.test('a switch is told the payload of a program, and cannot be told one without', async t => {
  const device = home.devices.find(d => d.id === 'switch.old_oven')!
  const bound = bindConfigured(device, 'metric')
  if (!bound || 'reason' in bound) return t.fail('the oven is not bound')
  t.strictSame(bound.capabilities, ['on_off'])
  const plan = (program: string) =>
    planAction('turn_on', { program }, { home, device, binding: bound.binding, known: {} })
  t.match(plan('Pizza'), { messages: [{ topic: 'oven/set', payload: 'ON:PIZZA' }] })
  t.match(plan('Roast'), { refusal: 'has no way to be told a program' })
})

t.test('what a device says of its program confirms it or not', async t => {
  const device = home.devices.find(d => d.id === 'appliance.laundry_machine')!
  const bound = bindConfigured(device, 'metric')
  if (!bound || 'reason' in bound) return t.fail('the washer is not bound')
  const plan = planAction('start', { program: 'whites' }, { home, device, binding: bound.binding, known: {} })
  if ('refusal' in plan) return t.fail(plan.refusal)
  t.ok(plan.done?.({ state: 'running' }), 'it does not say which')
  t.ok(plan.done?.({ state: 'running', program: 'p7' }))
  t.ok(plan.done?.({ state: 'running', program: 'Boil wash 90' }))
  t.notOk(plan.done?.({ state: 'running', program: 'Gentle' }))
  t.notOk(plan.done?.({ state: 'idle', program: 'P7' }))
})

t.test('what is wrong with programs is said with its place', async t => {
  const problem = (device: object) =>
    HomeSchema.safeParse({ devices: [{ name: 'Tub', kind: 'appliance', ...device }] })
      .error?.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`)
      .join('; ') ?? 'nothing'
  t.equal(problem({ programs: ['Eco', 'Cotton 60'] }), 'nothing')
  t.match(problem({ programs: [] }), /devices\.0\.programs: /)
  t.match(problem({ programs: [{ name: 'Eco', topic: 'x' }] }), /devices\.0\.programs\.0: .*"topic"/)
  t.match(
    problem({ programs: ['Cotton 60', { name: 'Hot', aliases: ['cotton sixty'] }] }),
    /devices\.0\.programs\.1\.aliases\.0: "cotton sixty" is there twice/,
  )
  t.match(problem({ programs: ['Eco'], capabilities: ['volume'] }), /devices\.0\.capabilities: .*start_stop/)
})

t.test('any program is found by its own name, alone and within a sentence', async t => {
  const name = fc
    .array(fc.stringMatching(/^[b-df-hj-np-tv-z]{3,8}$/), { minLength: 1, maxLength: 3 })
    .map(w => w.join(' '))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), fc.nat(), (names, pick) => {
        const read = HomeSchema.safeParse({ devices: [{ name: 'Tub', kind: 'appliance', programs: names }] })
        if (!read.success) return true // two are the same but for a plural
        const programs = read.data.devices[0]!.programs!
        const program = programs[pick % programs.length]!
        const within = programWithin(`start the tub on ${program.name} please`, programs)
        return (
          programNamed(program.name.toUpperCase(), programs) === program &&
          // a longer one may hold it
          (within === program || (within !== undefined && within.name.length >= program.name.length))
        )
      }),
      { numRuns: 1000 },
    ),
  )
})
