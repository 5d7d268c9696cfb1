import fc from 'fast-check'
import t from 'tap'
import type { Answer } from '../../../../daemon/voice/conversation.js'
import { next } from '../../../../daemon/voice/dialogue/next.js'
import {
  type DialogueEvent,
  type Effect,
  IDLE,
  MANNERS,
  type Manners,
  type Session,
  type SiteState,
} from '../../../../daemon/voice/dialogue/session.js'

const answerOf = (given: Partial<Answer>): Answer => ({
  ok: true,
  text: 'done',
  asks: false,
  notUnderstood: false,
  plain: false,
  ...given,
})
const sessionOf = (id: string, given: Partial<Session> = {}): Session => ({
  id,
  kind: 'wake',
  sendIntentNotRecognized: false,
  sendAudioCaptured: false,
  interrupting: false,
  ...given,
})

/** A site with a clock, told events one after the other. */
class Site {
  state: SiteState = IDLE
  at = 1_000
  all: Effect[] = []
  readonly manners: Manners
  constructor(manners: Partial<Manners> = {}) {
    this.manners = { ...MANNERS, ...manners }
  }

  get step(): number {
    return this.state.open?.step ?? -1
  }

  get phase(): string {
    return this.state.open?.phase.name ?? 'idle'
  }

  /** @returns what is to be done, as short words */
  tell(event: DialogueEvent, afterMs = 0): string[] {
    this.at += afterMs
    const { state, effects } = next(this.state, event, this.at, this.manners)
    this.state = state
    this.all.push(...effects)
    return effects.map(effect => {
      if (effect.do === 'ended') return `ended ${effect.reason}`
      if (effect.do === 'refused') return `refused ${effect.why}`
      if (effect.do === 'say')
        return 'text' in effect.say ? `say ${effect.say.text}` : `sound ${effect.say.sound}`
      return effect.do
    })
  }

  wake = (id = 'one') => this.tell({ type: 'wake', session: sessionOf(id), room: true })
  start = (id: string, given: Partial<Session> = {}, canBeEnqueued = true) =>
    this.tell({
      type: 'start',
      session: sessionOf(id, { kind: 'action', ...given }),
      canBeEnqueued,
      room: true,
    })
  now = (type: 'speech' | 'utterance' | 'silence' | 'lost' | 'spoken') => this.tell({ type, step: this.step })
  transcribed = (text: string, confidence = 1) =>
    this.tell({ type: 'transcribed', step: this.step, text, confidence })
  answered = (given: Partial<Answer>) =>
    this.tell({ type: 'answered', step: this.step, answer: answerOf(given) })
  hears(text: string): string[] {
    this.now('speech')
    this.now('utterance')
    return this.transcribed(text)
  }
}

t.test('wake word, sentence, answer, end', async t => {
  const site = new Site()
  t.strictSame(site.wake(), ['started', 'listen'])
  t.strictSame(site.now('speech'), [])
  t.strictSame(site.now('utterance'), ['unlisten', 'transcribe'])
  t.strictSame(site.transcribed('turn on the light'), ['answer'])
  t.match(site.all.at(-1), { text: 'turn on the light', dryRun: false })
  t.strictSame(site.answered({ text: 'the light is on' }), ['say the light is on'])
  t.strictSame(site.now('spoken'), ['drop', 'ended nominal'])
  t.equal(site.phase, 'idle')
})

t.test('a question is answered without a wake word, and not for ever', async t => {
  const site = new Site({ rounds: 2 })
  site.wake()
  for (const round of [1, 2]) {
    site.hears('turn on the light')
    t.strictSame(site.answered({ asks: true, text: 'which one?' }), ['say which one?'])
    t.strictSame(site.now('spoken'), ['listen'], `round ${round}`)
    t.match(site.all.at(-1), { because: 'question' })
  }
  site.hears('the light')
  site.answered({ asks: true, text: 'which one?' })
  t.strictSame(site.now('spoken'), ['drop', 'ended timeout'])
})

t.test('a further sentence after any answer, and the television is not answered', async t => {
  const site = new Site({ followUpMs: 4_000 })
  site.wake()
  site.hears('turn on the light')
  site.answered({})
  t.strictSame(site.now('spoken'), ['listen'])
  t.strictSame(site.tell({ type: 'tick' }, 3_999), [])
  t.strictSame(site.tell({ type: 'tick' }, 1), ['unlisten', 'drop', 'ended nominal'])
  site.wake('two')
  site.hears('turn on the light')
  site.answered({})
  site.now('spoken')
  t.strictSame(site.hears(''), ['notRecognized', 'drop', 'ended nominal'])
})

t.test('a short sound, or none, where the thing that moved speaks for itself', async t => {
  for (const [confirm, effects] of [
    ['speech', ['say done']],
    ['sound', ['sound done']],
    ['nothing', ['drop', 'ended nominal']],
  ] as const) {
    const site = new Site({ confirm })
    site.wake()
    site.hears('turn on the light')
    t.strictSame(site.answered({ plain: true }), effects, confirm)
    const refused = new Site({ confirm })
    refused.wake()
    refused.hears('turn on the sun')
    t.strictSame(refused.answered({ plain: true, ok: false, text: 'no' }), ['say no'], 'a refusal is told')
  }
})

t.test('the wake word interrupts an answer, and "stop" then means it', async t => {
  const site = new Site()
  site.wake()
  site.hears('what is the weather')
  site.answered({ text: 'a long answer' })
  t.strictSame(site.wake('two'), ['drop', 'ended abortedByUser', 'started', 'listen'])
  t.strictSame(site.hears('stop'), ['drop', 'ended abortedByUser'])
  site.wake('three')
  t.strictSame(site.hears('stop'), ['answer'], 'else it may be meant for the blind')
  site.answered({})
  site.now('spoken')
  site.wake('four')
  t.strictSame(site.hears('never mind'), ['drop', 'ended abortedByUser'])
})

t.test('the same wake word from two detectors is one', async t => {
  const site = new Site()
  site.wake()
  t.strictSame(site.wake('two'), ['ignored'])
  site.at += 1_000
  t.strictSame(site.wake('three'), ['unlisten', 'drop', 'ended abortedByUser', 'started', 'listen'])
})

t.test('a client starts sessions: queued, refused when full or not to be queued, in their order', async t => {
  const site = new Site({ queueLength: 2 })
  site.wake('zero')
  t.strictSame(site.start('one', { text: 'shall I?' }), ['queued'])
  t.strictSame(site.start('two', { kind: 'notification', text: 'tea is ready' }), ['queued'])
  t.strictSame(site.start('three'), ['refused queueFull'])
  t.strictSame(site.start('four', {}, false), ['refused occupied'])
  t.strictSame(site.now('silence'), ['unlisten', 'drop', 'ended timeout', 'started', 'say shall I?'])
  t.strictSame(site.now('spoken'), ['listen'])
  t.strictSame(site.now('silence'), ['unlisten', 'drop', 'ended timeout', 'started', 'say tea is ready'])
  t.strictSame(site.now('spoken'), ['drop', 'ended nominal'])
  t.strictSame(site.tell({ type: 'wake', session: sessionOf('x'), room: false }), ['refused busy'])
})

t.test('a client that filters intents acts itself, and says how it goes on', async t => {
  const site = new Site()
  site.start('one', { intentFilter: ['colour'], text: 'which colour?' })
  site.now('spoken')
  t.strictSame(site.hears('red'), ['answer'])
  t.match(site.all.at(-1), { dryRun: true })
  const intent = { name: 'colour', confidence: 1, slots: [] }
  t.strictSame(site.answered({ intent }), ['intent'])
  t.equal(site.phase, 'waiting')
  t.strictSame(
    site.tell({
      type: 'continue',
      sessionId: 'one',
      text: 'sure?',
      sendIntentNotRecognized: true,
      intentFilter: ['yes'],
    }),
    ['drop', 'say sure?'],
  )
  site.now('spoken')
  site.hears('red')
  t.strictSame(site.answered({ intent }), ['notRecognized'], 'not among the filtered')
  t.strictSame(site.tell({ type: 'end', sessionId: 'other' }), ['ignored'])
  t.strictSame(site.tell({ type: 'end', sessionId: 'one', text: 'bye' }), ['drop', 'say bye'])
  t.strictSame(site.now('spoken'), ['drop', 'ended nominal'])
})

t.test('with act off nothing is acted on, and a client that says nothing is not waited for', async t => {
  const site = new Site({ act: 'off' })
  site.wake()
  site.hears('turn on the light')
  t.match(site.all.at(-1), { do: 'answer', dryRun: true })
  t.strictSame(site.answered({ intent: { name: 'turn_on', confidence: 1, slots: [] } }), ['intent'])
  t.strictSame(site.tell({ type: 'tick' }, MANNERS.clientMs), ['drop', 'ended timeout'])
})

t.test('what fails is told and ends the session', async t => {
  const failing = (where: 'asr' | 'nlu', prepare: (site: Site) => void) => {
    const site = new Site()
    site.wake()
    prepare(site)
    const first = site.tell({ type: 'failed', step: site.step, where, problem: 'it broke' })
    return [...first, ...site.now('spoken')]
  }
  t.strictSame(
    failing('asr', site => site.now('utterance')),
    ['failed', 'drop', 'sound not_understood', 'drop', 'ended error'],
  )
  t.strictSame(
    failing('nlu', site => site.hears('turn on')),
    ['failed', 'drop', 'sound not_understood', 'drop', 'ended error'],
  )
  const site = new Site()
  site.wake()
  site.hears('x')
  site.answered({})
  t.strictSame(
    site.tell({ type: 'failed', step: site.step, where: 'tts', problem: 'no voice' }),
    ['failed', 'drop', 'ended nominal'],
    'a deed that cannot be told is done all the same',
  )
  site.wake('two')
  t.strictSame(site.tell({ type: 'unusable', problem: 'two' }), ['failed', 'unlisten', 'drop', 'ended error'])
  site.wake('three')
  site.now('speech')
  t.strictSame(site.now('lost'), ['failed', 'unlisten', 'drop', 'ended timeout'])
})

t.test('what comes late changes nothing', async t => {
  const site = new Site()
  site.wake()
  const old = site.step
  site.now('utterance')
  site.at += 5_000
  site.wake('two')
  const before = site.state
  for (const step of [old, old + 1])
    for (const type of ['speech', 'utterance', 'silence', 'lost', 'spoken'] as const)
      t.strictSame(site.tell({ type, step }), [])
  t.strictSame(site.tell({ type: 'transcribed', step: old + 1, text: 'turn on', confidence: 1 }), [])
  t.strictSame(site.tell({ type: 'answered', step: old + 2, answer: answerOf({}) }), [])
  t.equal(site.state, before)
})

const anyAnswer: fc.Arbitrary<Answer> = fc.record({
  ok: fc.boolean(),
  text: fc.constantFrom('', 'done'),
  asks: fc.boolean(),
  notUnderstood: fc.boolean(),
  plain: fc.boolean(),
  intent: fc.option(fc.constant({ name: 'turn_on', confidence: 1, slots: [] }), { nil: undefined }),
})
/** An event, given the step it belongs to and a session id that is under way. */
type Making = (step: number, current: string, fresh: string) => DialogueEvent
const sessions = fc.record({
  kind: fc.constantFrom('action' as const, 'notification' as const),
  text: fc.option(fc.constantFrom('', 'hello'), { nil: undefined }),
  sendIntentNotRecognized: fc.boolean(),
  intentFilter: fc.option(fc.constant(['turn_on']), { nil: undefined }),
})
const anyEvents: fc.Arbitrary<Making>[] = [
  fc.boolean().map<Making>(room => (_s, _c, id) => ({ type: 'wake', session: sessionOf(id), room })),
  fc
    .tuple(sessions, fc.boolean(), fc.boolean())
    .map<Making>(([given, canBeEnqueued, room]) => (_s, _c, id) => {
      return { type: 'start', session: sessionOf(id, given), canBeEnqueued, room }
    }),
  fc
    .tuple(fc.option(fc.constantFrom('', 'and?'), { nil: undefined }), fc.boolean())
    .map<Making>(([text, sendIntentNotRecognized]) => (_s, sessionId) => {
      return { type: 'continue', sessionId, text, sendIntentNotRecognized }
    }),
  fc
    .option(fc.constantFrom('', 'bye'), { nil: undefined })
    .map<Making>(text => (_s, sessionId) => ({ type: 'end', sessionId, text })),
  fc
    .constantFrom(
      'speech' as const,
      'utterance' as const,
      'silence' as const,
      'lost' as const,
      'spoken' as const,
    )
    .map<Making>(type => step => ({ type, step })),
  fc
    .constantFrom('', 'turn on the light', 'stop', 'cancel')
    .map<Making>(text => step => ({ type: 'transcribed', step, text, confidence: 1 })),
  anyAnswer.map<Making>(answer => step => ({ type: 'answered', step, answer })),
  fc
    .constantFrom('asr' as const, 'nlu' as const, 'tts' as const)
    .map<Making>(where => step => ({ type: 'failed', step, where, problem: 'x' })),
  fc.constant<Making>(() => ({ type: 'unusable', problem: 'two satellites' })),
  fc.constant<Making>(() => ({ type: 'tick' })),
]
const anyManners: fc.Arbitrary<Partial<Manners>> = fc.record({
  followUpMs: fc.constantFrom(0, 4_000),
  confirm: fc.constantFrom('speech' as const, 'sound' as const, 'nothing' as const),
  act: fc.constantFrom('on' as const, 'off' as const),
  rounds: fc.constantFrom(0, 1, 8),
  queueLength: fc.constantFrom(0, 1, 4),
})
/** A step forward more often than by chance, or most sessions end before an answer. */
const onward = anyEvents.filter((_, index) => index >= 4 && index <= 6)
const anyEvent = fc.oneof(fc.oneof(...anyEvents), fc.oneof(...onward))
const anyMoment = fc.tuple(
  anyEvent,
  fc.constantFrom(0, 0, 0, 0, 0, 0, 10, 900, 9_000, 40_000),
  fc.constantFrom(0, 0, 0, -1),
)

t.test('whatever comes, in whatever order: no session sticks, each that started ends once', async t => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(anyManners, fc.array(anyMoment, { maxLength: 80, size: 'max' }), (manners, moments) => {
      const site = new Site(manners)
      for (const [index, [make, afterMs, stale]] of moments.entries()) {
        const current = site.state.open?.session.id ?? 'nobody'
        site.tell(make(site.step + stale, current, `s${index}`), afterMs)
        if (site.state.queue.length > site.manners.queueLength) throw new Error('the queue is too long')
      }
      // then nothing comes any more but time
      const waiting = site.state.queue.length + 1
      for (let n = 0; n < waiting * 8; n++) site.tell({ type: 'tick' }, MANNERS.sessionMs / 4)
      if (site.phase !== 'idle' || site.state.queue.length > 0) throw new Error(`stuck in ${site.phase}`)
      check(site.all)
      for (const effect of site.all) reached.add(effect.do)
    }),
    { numRuns: 1_500 },
  )
  t.equal(reached.size, 14, 'random events do reach every corner')
})

/** One session at a time; each started once and ended once; every listening ends; nothing is done for one that is over. */
function check(effects: readonly Effect[]): void {
  let open: string | undefined
  let listening = false
  const queued = new Set<string>()
  const seen = new Set<string>()
  for (const effect of effects) {
    if (effect.do === 'ignored' || effect.do === 'refused') continue
    const { id } = effect.session
    if (effect.do === 'queued') queued.add(id)
    else if (effect.do === 'started') {
      if (open !== undefined || seen.has(id)) throw new Error(`${id} started beside ${open}`)
      open = id
      seen.add(id)
      queued.delete(id)
    } else if (id !== open) throw new Error(`${effect.do} of ${id} while ${open} is open`)
    if (effect.do === 'listen') {
      if (listening) throw new Error('listens twice')
      listening = true
    }
    if (effect.do === 'unlisten') {
      if (!listening) throw new Error('was not listening')
      listening = false
    }
    if (effect.do === 'ended') {
      if (listening) throw new Error('ended while it listened')
      open = undefined
    }
  }
  if (open !== undefined || queued.size > 0)
    throw new Error(`${open} has not ended, ${[...queued]} never began`)
}
