import fc from 'fast-check'
import t from 'tap'
import type { CompactCommand } from '../../../daemon/commands/compact.js'
import type { RiskPolicy } from '../../../daemon/commands/dialogue/risk.js'
import { type CommandResult, Commands } from '../../../daemon/commands/handle.js'
import { parseHome } from '../../../daemon/commands/home.js'
import type { Registry } from '../../../daemon/commands/registry.js'
import { MemoStage } from '../../../daemon/commands/stages/memo.js'
import { Timers } from '../../../daemon/commands/timers.js'
import type { Wire } from '../../../daemon/commands/wire.js'
import type { Request } from '../../../daemon/requests/request.js'
import { FakeClock } from '../../support/clock.js'

const HOME = parseHome(
  {
    areas: ['Nave', 'Crypt'],
    devices: [
      { name: 'Altar lamp', kind: 'light', area: 'nave' },
      { name: 'Side lamp', kind: 'light', area: 'crypt' },
      { name: 'West door', kind: 'lock', area: 'nave' },
      { name: 'Stove', kind: 'appliance', class: 'oven', area: 'crypt' },
    ],
  },
  'test',
)
/** What the model would read, sentence by sentence. */
const READINGS: Record<string, { command: CompactCommand; confidence?: number }> = {
  'unlock the west door': { command: [{ action: 'unlock', kind: 'lock', dev: 'west door' }] },
  'lamp on': { command: [{ action: 'turn_on', kind: 'light', dev: 'lamp' }] },
  'altar lamp on': { command: [{ action: 'turn_on', kind: 'light', dev: 'altar lamp' }] },
  'altar lamp maybe on': {
    command: [{ action: 'turn_on', kind: 'light', dev: 'altar lamp' }],
    confidence: 0.55,
  },
  'stove on': { command: [{ action: 'turn_on', kind: 'oven', dev: 'stove' }] },
  'again please': { command: [{ action: 'again' }] },
  'undo that': { command: [{ action: 'undo' }] },
  'no the other one': { command: [{ action: 'instead', dev: 'other one' }] },
  'altar lamp and west door': {
    command: [
      { action: 'turn_on', kind: 'light', dev: 'altar lamp' },
      { action: 'unlock', kind: 'lock', dev: 'west door' },
    ],
  },
}

function parlour(risk: Partial<RiskPolicy> = {}, askBelow = 0) {
  const clock = new FakeClock()
  const acted: string[] = []
  const told: CommandResult[] = []
  const registry = {
    home: () => HOME,
    readState: () => ({ state: 'off', attributes: {}, at: 0 }),
    // every device is asked for its binding right before it is told: having none ends it there
    binding: (id: string) => {
      acted.push(id)
      return undefined
    },
    available: () => true,
    onChange: () => () => {},
  } as unknown as Registry
  const commands = new Commands({
    registry,
    wire: {} as Wire,
    timers: new Timers({ clock, onFinished: () => {} }),
    clock,
    confirmTimeoutMs: 10,
    sessionSeconds: 60,
    askBelow,
    askBelowHeard: 0.8,
    risk: { unlock: 'confirm', openGarage: 'confirm', openValve: 'confirm', heat: 'forbid', ...risk },
    understand: {
      memo: new MemoStage(0),
      minConfidence: 0.1,
      stages: [
        {
          name: 'factory',
          run: async ({ normalised }) => ({
            value: {
              command: READINGS[normalised]?.command ?? [],
              model: 'test',
              promptTokens: 0,
              outputTokens: 0,
              inferMs: 0,
            },
            confidence: READINGS[normalised]?.confidence ?? 0.99,
            reason: 'test',
          }),
        },
      ],
    },
    onCommand: ({ result }) => told.push(result),
  })
  const say = async (text: string, more: Partial<Request['body']> = {}) => {
    acted.length = 0
    const request = { id: 'x', kind: 'command', body: { text, ...more } } as Request
    const outcome = await commands.handle(request, new AbortController().signal)
    return { outcome, acted: [...acted] }
  }
  return { clock, say, told }
}

t.test(
  'words that were heard with some doubt are asked about; written ones and questions are not',
  async t => {
    const { say } = parlour()
    t.match(await say('altar lamp on', { heard: 0.6 }), {
      outcome: { ok: false, error: { code: 'needs_confirmation', message: /^Do you mean: .*Altar lamp/i } },
      acted: [],
    })
    t.strictSame((await say('yes', { heard: 0.6 })).acted, ['light.altar_lamp'], 'its answer is an answer')
    t.strictSame((await say('altar lamp on', { heard: 0.9 })).acted, ['light.altar_lamp'])
    t.strictSame((await say('altar lamp on')).acted, ['light.altar_lamp'])
  },
)

t.test('a risky command waits for its yes, with everything else of its sentence', async t => {
  const { say } = parlour()
  t.match(await say('altar lamp and west door'), {
    outcome: { ok: false, error: { code: 'needs_confirmation', message: /West door/ } },
    acted: [],
  })
  t.strictSame((await say('yes')).acted, ['light.altar_lamp', 'lock.west_door'])
  t.strictSame((await say('yes')).acted, [], 'once')
  await say('unlock the west door')
  t.match(await say('altar lamp on'), { acted: ['light.altar_lamp'] }, 'another sentence drops the question')
  t.strictSame((await say('yes')).acted, [])
  t.strictSame((await say('unlock the west door', { confirmed: true })).acted, ['lock.west_door'])
})

t.test('what the owner forbids is never done', async t => {
  const { say } = parlour()
  t.match(await say('stove on', { confirmed: true }), {
    outcome: { error: { code: 'forbidden', remedy: /commands\.risk\.heat/ } },
    acted: [],
  })
})

t.test('what is allowed is asked about only in doubt; and doubt can be asked about at all', async t => {
  const allowed = parlour({ unlock: 'allow' })
  t.strictSame((await allowed.say('unlock the west door')).acted, ['lock.west_door'])
  const careful = parlour({}, 0.7)
  t.match(await careful.say('altar lamp maybe on'), {
    outcome: { error: { code: 'needs_confirmation', message: /^Do you mean/ } },
    acted: [],
  })
  t.strictSame((await careful.say('yes')).acted, ['light.altar_lamp'])
})

t.test('the other one is the one that was not meant', async t => {
  const { say } = parlour()
  await say('altar lamp on')
  const { acted } = await say('no the other one')
  t.equal(acted.at(-1), 'light.side_lamp')
})

t.test('whatever is said in whatever order, nothing risky happens without its own yes', async () => {
  const step = fc.record({
    text: fc.constantFrom(
      ...Object.keys(READINGS),
      'yes',
      'no',
      'the altar one',
      'both',
      'never mind',
      'what',
    ),
    session: fc.constantFrom('a', 'b'),
    waitMs: fc.constantFrom(0, 0, 0, 61_000),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async steps => {
      const { say, clock, told } = parlour()
      const open = new Map<string, string>()
      for (const { text, session, waitMs } of steps) {
        if (waitMs) {
          await clock.turn(waitMs)
          open.clear()
        }
        const before = told.length
        const { outcome, acted } = await say(text, { session })
        // every request has exactly one outcome, and it is told once
        if (told.length !== before + 1 || (!outcome.ok && !outcome.error)) return false
        if (acted.includes('appliance.stove')) return false
        const asked = open.get(session)
        if (acted.includes('lock.west_door') && !(text === 'yes' && asked === 'needs_confirmation'))
          return false
        if (text === 'yes' && asked !== 'needs_confirmation' && acted.length) return false
        const code = outcome.error?.code
        if (code === 'needs_confirmation' || (code === 'ambiguous' && acted.length === 0))
          open.set(session, code)
        else open.delete(session)
      }
      return true
    }),
    { numRuns: 300 },
  )
})
