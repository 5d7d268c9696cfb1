import fc from 'fast-check'
import t from 'tap'
import { called, calledKey, takenBy } from '../../../daemon/commands/called.js'
import { decode } from '../../../daemon/commands/compact.js'
import { HomeSchema, parseHome } from '../../../daemon/commands/home.js'
import { normalise } from '../../../daemon/commands/normalise.js'
import { withoutTime } from '../../../daemon/commands/put-off.js'
import { MemoStage } from '../../../daemon/commands/stages/memo.js'
import type { CommandStage } from '../../../daemon/commands/stages/stage.js'
import { type UnderstandOptions, understand } from '../../../daemon/commands/understand.js'

const home = parseHome(
  {
    floors: ['Ground floor'],
    areas: [{ name: 'Den', floor: 'ground_floor' }, 'Porch'],
    devices: [
      { name: 'Den light', kind: 'light', area: 'den' },
      { name: 'Porch light', kind: 'light', area: 'porch' },
      { name: 'Back door', kind: 'lock', area: 'porch' },
      { name: 'Fire place', kind: 'scene' },
      { name: 'Light', kind: 'scene' },
      { name: 'Porch', kind: 'scene' },
      { name: 'Den light', kind: 'scene', id: 'scene.same_name' },
      { name: 'Party', kind: 'scene', aliases: ["Nan's 80th", 'Fête d’été'] },
      { name: 'Water the ferns', kind: 'script' },
      { name: 'Stop', kind: 'scene' },
      { name: 'Calm', kind: 'scene' },
      { name: 'Calm', kind: 'scene', id: 'scene.calm_2', area: 'den' },
    ],
    routines: [
      { name: 'Off to bed', aliases: ['nighty-night'], do: ['turn off the den light', 'lock the back door'] },
      { name: 'Porch time', area: 'porch', do: ['turn on the lights'] },
      { name: 'Slow start', do: ['turn on the den light in five minutes'] },
      { name: 'Broken one', do: ['turn on the den light', 'open the sauna'] },
    ],
  },
  'test',
)
const calls = (text: string) => {
  const found = called(normalise(text), home)
  return found && ('routine' in found ? found.routine.id : found.device.id)
}

t.test('a name calls its scene, script or routine, with or without courtesies and a verb', async t => {
  for (const text of [
    'Off to bed',
    'off to bed!',
    'please run the off to bed routine',
    'hey, could you start off to bed please',
    'Nighty night',
    'trigger nighty-night for me',
    'turn off to bed on',
  ])
    t.equal(calls(text), 'off_to_bed', text)
  t.equal(calls("nan's 80th"), 'scene.party')
  t.equal(calls('activate Nans 80th'), 'scene.party')
  t.equal(calls('fête d’été'), 'scene.party')
  t.equal(calls('party'), 'scene.party')
  t.equal(calls('begin party mode'), 'scene.party')
  t.equal(calls('run water the ferns'), 'script.water_the_ferns')
  t.equal(calls('fire place'), 'scene.fire_place')
})

t.test('a name is not called by what is more, less, or the contrary', async t => {
  for (const text of [
    'turn off party',
    'stop off to bed',
    'stop the off to bed routine',
    'party please',
    'off to',
    'throw a party',
    'is fire place on',
    'start the off to bed scene',
    'activate party and turn off the den light',
  ])
    t.equal(calls(text), undefined, text)
})

t.test('a name that people say for something else is left to the model', async t => {
  for (const text of [
    'light',
    'turn on light',
    'porch',
    'turn on the den light',
    'den light',
    'stop',
    'calm',
  ])
    t.equal(calls(text), undefined, text)
  t.match(takenBy('Light', home), /any device of that sort/)
  t.match(takenBy('Porch', home), /a place/)
  t.match(takenBy('Den lights', home), /the light Den light/)
  t.match(takenBy('Porch blinds', home), /devices in a place/)
  t.match(takenBy('Stop', home), /a command/)
  t.match(takenBy('🎉', home), /no words/)
  t.equal(takenBy('Porch routine', home), undefined)
})

t.test('whatever is said, only a name in the sentence calls', async t => {
  const names = [...home.routines, ...home.devices.filter(d => d.kind === 'scene' || d.kind === 'script')]
  const keys = names.flatMap(thing => [thing.name, ...thing.aliases].map(calledKey))
  const word = fc.oneof(
    fc.constantFrom(
      ...'off to bed party turn on the start please porch time mode stop run routine light a calm'.split(' '),
    ),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(word, { maxLength: 7 }), said => {
        const text = normalise(said.join(' '))
        const found = called(text, home)
        if (!found) return true
        const thing = 'routine' in found ? found.routine : found.device
        // the whole sentence is the name and words that call, in their few forms
        return (
          keys.some(key => calledKey(text).includes(key)) &&
          [thing.name, ...thing.aliases].some(name => calledKey(text).includes(calledKey(name)))
        )
      }),
      { numRuns: 3000 },
    ),
  )
})

t.test('any name that can be said and is not taken works at once, however it is spelled', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), name => {
        const read = HomeSchema.safeParse({
          areas: ['Den'],
          devices: [
            { name, kind: 'scene', id: 'scene.odd' },
            { name: 'Den lamp', kind: 'light' },
          ],
        })
        if (!read.success || takenBy(name, read.data)) return true
        return [name, name.toUpperCase().toLowerCase(), `please activate ${name}`].every(said => {
          const normalised = normalise(said)
          // a name of letters that change with their case is another name
          if (!calledKey(normalised).includes(calledKey(name))) return true
          // "please activate" and a name that starts with a mark may grow into one word
          if (said.startsWith('please') && !normalised.startsWith('please activate ')) return true
          return called(normalised, read.data) !== undefined
        })
      }),
      { numRuns: 2000 },
    ),
  )
})

/** Stands for the model: what it reads is written down here. */
function reading(table: Record<string, string>, calls: string[] = []): UnderstandOptions {
  const stage: CommandStage = {
    name: 'factory',
    async run({ normalised }) {
      calls.push(normalised)
      return {
        value: {
          command: decode(table[normalised] ?? '<none>') ?? [],
          model: 'written down',
          promptTokens: 3,
          outputTokens: 2,
          inferMs: 1,
        },
        confidence: 0.9,
        reason: 'read',
      }
    },
  }
  return { stages: [stage], memo: new MemoStage(10), minConfidence: 0.3 }
}
const TABLE = {
  'turn off the den light': '<turn_off><k_light><dev> den light',
  'lock the back door': '<lock><k_lock><dev> back door',
  'turn on the lights': '<turn_on><k_light><dev> lights',
  'turn on the den light': '<turn_on><k_light><dev> den light',
  'turn on the den light in five minutes': '<turn_on><k_light><dev> den light<in> five minutes',
  'open the sauna': '<open><k_thing><dev> sauna',
  'could we do the off to bed thing': '<activate><k_scene><dev> off to bed',
}

t.test('a scene is activated by its name without any model', async t => {
  const asked: string[] = []
  const u = await understand('Party', { home }, reading({}, asked))
  t.match(u, {
    stage: 'rule',
    confidence: 1,
    model: null,
    reason: /scene "Party"/,
    parsed: { actions: [{ action: 'activate', targets: ['scene.party'], params: {} }] },
  })
  t.strictSame(asked, [])
})

t.test('a routine is the actions of its sentences in order', async t => {
  const u = await understand('off to bed', { home }, reading(TABLE))
  t.match(u, {
    stage: 'rule',
    confidence: 0.9,
    model: 'written down',
    reason: 'the routine "Off to bed"',
    promptTokens: 6,
    parsed: {
      actions: [
        { action: 'turn_off', targets: ['light.den_light'] },
        { action: 'lock', targets: ['lock.back_door'] },
      ],
    },
  })
  const read = await understand('could we do the off to bed thing', { home }, reading(TABLE))
  t.match(read, { stage: 'rule', parsed: { actions: { length: 2 } } }, 'also where the model finds its name')
})

t.test('what is called by name can be put off', async t => {
  const said = async (text: string) => (await understand(text, { home }, reading(TABLE))).parsed
  t.match(await said('party in an hour and a half'), {
    actions: [
      { action: 'activate', targets: ['scene.party'], params: { delay_hours: 1, delay_minutes: 30 } },
    ],
  })
  t.match(await said('at half past six pm start off to bed'), {
    actions: [
      { action: 'turn_off', params: { at: '18:30' } },
      { action: 'lock', params: { at: '18:30' } },
    ],
  })
  t.match(await said('slow start in ten minutes'), {
    refusal: { reason: 'unsupported', message: /"Slow start" has times/ },
  })
  t.match(await said('slow start'), { actions: [{ params: { delay_minutes: 5 } }] })
  t.strictSame(withoutTime('party in the ten minutes room'), undefined)
  t.strictSame(withoutTime('party at the den'), undefined)
  t.strictSame(withoutTime('in ten minutes'), undefined, 'a time alone is no name with a time')
})

t.test('a routine with an area is said there, another one where the speaker is', async t => {
  const there = await understand('porch time', { home, area: 'den' }, reading(TABLE))
  t.match(there.parsed, { actions: [{ action: 'turn_on', targets: ['light.porch_light'] }] })
})

t.test('a sentence that cannot be done refuses the routine and is named', async t => {
  const u = await understand('broken one', { home }, reading(TABLE))
  t.match(u.parsed, {
    refusal: {
      reason: 'unknown_device',
      message: /"Broken one".*"open the sauna".*sauna/,
      remedy: /home file/,
    },
  })
})

t.test('no routine is ever called by a sentence of a routine', async t => {
  const names = fc.uniqueArray(fc.constantFrom('red hour', 'blue hour', 'slow day', 'fast day', 'odd job'), {
    minLength: 1,
    maxLength: 4,
  })
  const sentences = fc.array(
    fc.oneof(
      fc.constantFrom(
        'red hour',
        'start the blue hour',
        'please run the slow day routine',
        'a fast day thing',
        'odd job scene',
      ),
      fc.constantFrom('turn on the den light', 'lock the back door'),
    ),
    { minLength: 1, maxLength: 3 },
  )
  await t.resolves(
    fc.assert(
      fc.asyncProperty(names, fc.array(sentences, { minLength: 4, maxLength: 4 }), async (called, all) => {
        const devices = [{ name: 'Den light', kind: 'light' }]
        const routines = called.map((name, i) => ({ name, do: all[i] }))
        const read = HomeSchema.safeParse({ devices, routines })
        // what loads comes to an end; so does what was let in without looking
        const plain = HomeSchema.parse({ devices })
        const forced = {
          ...plain,
          routines: routines.map(r => ({ ...r, do: r.do ?? [], id: r.name, aliases: [], area: null })),
        }
        for (const one of read.success ? [read.data, forced] : [forced]) {
          const asked: string[] = []
          const stage = reading({ 'a fast day thing': '<activate><k_scene><dev> fast day' }, asked)
          await understand(called[0]!, { home: one }, { ...stage, memo: new MemoStage(0) })
          if (asked.length > 3) return false
        }
        return true
      }),
      { numRuns: 200 },
    ),
  )
})

t.test('what is wrong with a routine is said with its place', async t => {
  const problem = (routines: unknown, more: object = {}) =>
    HomeSchema.safeParse({ areas: ['Den'], routines, ...more })
      .error?.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`)
      .join('; ') ?? 'nothing'
  const ok = ['turn on the den light']
  t.equal(problem([{ name: 'Tea time', do: ok }]), 'nothing')
  t.match(problem([{ name: 'Tea time', do: ok, steps: [] }]), /routines\.0: .*"steps"/)
  t.match(problem([{ name: 'Tea time', do: [] }]), /routines\.0\.do: /)
  t.match(problem([{ name: 'Tea time' }]), /routines\.0\.do: /)
  t.match(problem([{ name: 'Tea time', do: ['…'] }]), /routines\.0\.do\.0: "…" has no words/)
  t.match(problem([{ name: 'Tea time', do: ok, area: 'lair' }]), /routines\.0\.area: there is no area "lair"/)
  t.match(
    problem([
      { name: 'Tea time', do: ok },
      { name: 'Elevenses', aliases: ['tea-time'], do: ok },
    ]),
    /routines\.1\.aliases\.0: "tea-time" is also a name of the routine Tea time/,
  )
  t.match(
    problem([{ name: 'Tea time', do: ok }], { devices: [{ name: 'Tea Time', kind: 'scene' }] }),
    /routines\.0\.name: "Tea time" is also a name of the scene Tea Time/,
  )
  t.match(problem([{ name: 'Den', do: ok }]), /routines\.0\.name: "Den" is also said for a place/)
  t.match(problem([{ name: 'Lights', do: ok }]), /routines\.0\.name: .*any device of that sort/)
  t.match(
    problem([
      { name: 'Tea time', do: ['please start elevenses'] },
      { name: 'Elevenses', do: ok },
    ]),
    /routines\.0\.do\.0: .*calls the routine Elevenses/,
  )
  t.match(
    problem([{ name: 'Tea time', do: ['tea time'] }]),
    /routines\.0\.do\.0: .*calls the routine Tea time/,
  )
})
