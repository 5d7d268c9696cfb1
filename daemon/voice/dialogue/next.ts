/**
 * What a site does next, as a pure function: one conversation at a time, each phase with a deadline of its own and all
 * together with one, so that no session can stick whatever does or does not come. What comes late, for a phase that is
 * over, changes nothing.
 */
import type { Answer } from '../conversation.js'
import type {
  After,
  Because,
  DialogueEvent,
  Effect,
  Ending,
  Manners,
  Open,
  Phase,
  Session,
  SiteState,
} from './session.js'

export interface Next {
  state: SiteState
  effects: Effect[]
}

/** @param at monotonic, milliseconds; never less than before */
export function next(state: SiteState, event: DialogueEvent, at: number, manners: Manners): Next {
  const turn = new Turn(state, at, manners)
  turn.take(event)
  return { state: turn.state, effects: turn.effects }
}

/** One call of `next`: collects what is to be done while the state changes. */
class Turn {
  state: SiteState
  readonly effects: Effect[] = []
  readonly #at: number
  readonly #manners: Manners

  constructor(state: SiteState, at: number, manners: Manners) {
    this.state = state
    this.#at = at
    this.#manners = manners
  }

  take(event: DialogueEvent): Turn {
    const { open } = this.state
    switch (event.type) {
      case 'wake':
        return this.#wake(event.session, event.room)
      case 'start':
        return this.#start(event)
      case 'continue':
      case 'end':
        if (open?.session.id === event.sessionId) return this.#client(open, event)
        return this.#ignore(event.sessionId, `${event.type}Session`)
      case 'unusable':
        if (open) this.#fail(open, 'asr', event.problem, { end: 'error' })
        return this
      case 'tick':
        if (open && this.#at >= Math.min(open.deadline, open.startedAt + this.#manners.sessionMs))
          this.#late(open)
        return this
      default:
        return open && open.step === event.step ? this.#progress(open, event) : this
    }
  }

  /** A wake word interrupts whatever is going on. */
  #wake(session: Session, room: boolean): Turn {
    const { open } = this.state
    if (!open) return room ? this.#begin(session) : this.#refuse(session, 'busy')
    const { phase, startedAt } = open
    const twice = phase.name === 'listening' && phase.because === 'wake' && !phase.speech
    if (twice && this.#at - startedAt < this.#manners.sameWakeMs)
      return this.#ignore(session.id, 'the same wake word again')
    this.#close(open, 'abortedByUser')
    return this.#begin({ ...session, interrupting: phase.name === 'speaking' })
  }

  #start({ session, canBeEnqueued, room }: Extract<DialogueEvent, { type: 'start' }>): Turn {
    if (!this.state.open) return room ? this.#begin(session) : this.#refuse(session, 'busy')
    if (!canBeEnqueued) return this.#refuse(session, 'occupied')
    if (this.state.queue.length >= this.#manners.queueLength) return this.#refuse(session, 'queueFull')
    this.state = { ...this.state, queue: [...this.state.queue, session] }
    this.effects.push({ do: 'queued', session })
    return this
  }

  /** A client leads: what was going on in the session is over. */
  #client(open: Open, event: Extract<DialogueEvent, { type: 'continue' | 'end' }>): Turn {
    const { text, customData } = event
    const session = { ...open.session, ...(customData === undefined ? {} : { customData }) }
    if (event.type === 'end') {
      const { phase } = open
      // what is being said already may be said to its end
      if (!text && phase.name === 'speaking')
        return this.#set({ ...open, session, phase: { ...phase, after: { end: 'nominal' } } })
      return this.#sayAnd(this.#quiet({ ...open, session }), text, { end: 'nominal' })
    }
    const { intentFilter, sendIntentNotRecognized } = event
    const led = { ...session, intentFilter, sendIntentNotRecognized }
    return this.#again(this.#quiet({ ...open, session: led }), text, 'question')
  }

  #progress(open: Open, event: Extract<DialogueEvent, { step: number }>): Turn {
    const { phase, session } = open
    switch (event.type) {
      case 'speech':
        if (phase.name !== 'listening' || phase.speech) return this
        return this.#set({
          ...open,
          phase: { ...phase, speech: true },
          deadline: this.#at + this.#manners.utteranceMs,
        })
      case 'utterance': {
        if (phase.name !== 'listening') return this
        this.effects.push({ do: 'unlisten', session })
        const { step } = this.#enter(
          open,
          { name: 'recognising', because: phase.because },
          this.#manners.recogniseMs,
        )
        this.effects.push({ do: 'transcribe', session, step })
        return this
      }
      case 'silence':
        if (phase.name === 'listening') this.#unheard(open, phase.because)
        return this
      case 'lost':
        if (phase.name !== 'listening') return this
        return this.#fail(open, 'asr', 'no sound came from the satellite any more', { end: 'timeout' })
      case 'transcribed':
        if (phase.name === 'recognising') this.#transcribed(open, phase.because, event.text, event.confidence)
        return this
      case 'answered':
        if (phase.name === 'answering') this.#answered(open, phase.because, phase.text, event.answer)
        return this
      case 'spoken':
        if (phase.name === 'speaking') this.#goOn(open, phase.after)
        return this
      case 'failed':
        return this.#failed(open, event)
    }
  }

  #transcribed(open: Open, because: Because, heard: string, confidence: number): Turn {
    const { leastConfidence, cancelWords, stopWords, answerMs, act } = this.#manners
    const { session } = open
    const text = heard.trim()
    if (text === '' || confidence < leastConfidence) return this.#notUnderstood(open, because, text, '')
    const stops = session.interrupting || because !== 'wake'
    if (cancelWords.includes(text) || (stops && stopWords.includes(text)))
      return this.#finish(open, 'abortedByUser')
    const { step } = this.#enter(open, { name: 'answering', because, text }, answerMs)
    const dryRun = act === 'off' || session.intentFilter !== undefined
    this.effects.push({ do: 'answer', session, step, text, confidence, dryRun })
    return this
  }

  #answered(open: Open, because: Because, text: string, answer: Answer): Turn {
    const { session } = open
    const { act, confirm, followUpMs } = this.#manners
    const { intentFilter } = session
    const filtered = intentFilter && !(answer.intent && intentFilter.includes(answer.intent.name))
    if (answer.notUnderstood || filtered)
      return this.#notUnderstood(open, because, text, filtered ? '' : answer.text)
    if (answer.intent) this.effects.push({ do: 'intent', session, text, answer })
    if (act === 'off' || intentFilter) {
      this.#enter(open, { name: 'waiting' }, this.#manners.clientMs)
      return this
    }
    if (answer.asks) return this.#again(open, answer.text, 'question')
    const brief = answer.ok && answer.plain && confirm !== 'speech'
    const after: After =
      followUpMs > 0 && open.rounds < this.#manners.rounds ? { listen: 'followUp' } : { end: 'nominal' }
    if (brief && confirm === 'sound') return this.#speak(open, { sound: 'done' }, after)
    return this.#sayAnd(open, brief ? '' : answer.text, after)
  }

  #notUnderstood(open: Open, because: Because, text: string, says: string): Turn {
    const { session } = open
    const toClient = session.sendIntentNotRecognized
    this.effects.push({ do: 'notRecognized', session, text, toClient })
    if (toClient) {
      this.#enter(open, { name: 'waiting' }, this.#manners.clientMs)
      return this
    }
    // after an answer nobody need speak: it was the television
    if (because === 'followUp') return this.#finish(open, 'nominal')
    return this.#speak(open, says ? { text: says } : { sound: 'not_understood' }, {
      end: 'intentNotRecognized',
    })
  }

  #failed(open: Open, { where, problem }: Extract<DialogueEvent, { type: 'failed' }>): Turn {
    const { phase, session } = open
    this.effects.push({ do: 'failed', session, where, problem })
    if (phase.name === 'speaking') return this.#goOn(open, phase.after)
    return this.#speak(this.#quiet(open), { sound: 'not_understood' }, { end: 'error' })
  }

  /** A deadline has passed. */
  #late(open: Open): Turn {
    const { phase, startedAt } = open
    if (this.#at >= startedAt + this.#manners.sessionMs) return this.#finish(open, 'timeout')
    switch (phase.name) {
      case 'listening':
        return phase.speech ? this.#finish(open, 'timeout') : this.#unheard(open, phase.because)
      case 'recognising':
        return this.#fail(open, 'asr', 'the recogniser gave no answer in time', { end: 'timeout' })
      case 'answering':
        return this.#fail(open, 'nlu', 'there was no answer in time', { end: 'timeout' })
      case 'speaking':
        return this.#goOn(open, phase.after)
      case 'waiting':
        return this.#finish(open, 'timeout')
    }
  }

  #unheard(open: Open, because: Because): Turn {
    return this.#finish(open, because === 'followUp' ? 'nominal' : 'timeout')
  }

  #fail(open: Open, where: 'asr' | 'nlu' | 'tts', problem: string, { end }: { end: Ending }): Turn {
    this.effects.push({ do: 'failed', session: open.session, where, problem })
    return this.#finish(open, end)
  }

  #goOn(open: Open, after: After): Turn {
    return 'end' in after ? this.#finish(open, after.end) : this.#listen(open, after.listen)
  }

  #sayAnd(open: Open, text: string | undefined, after: After): Turn {
    return text ? this.#speak(open, { text }, after) : this.#goOn(open, after)
  }

  /** Says something and listens again, as long as it does not go round in circles. */
  #again(open: Open, text: string | undefined, because: Because): Turn {
    if (open.rounds >= this.#manners.rounds) return this.#sayAnd(open, text, { end: 'timeout' })
    return this.#sayAnd(open, text, { listen: because })
  }

  #speak(open: Open, say: Extract<Effect, { do: 'say' }>['say'], after: After): Turn {
    const { step } = this.#enter(open, { name: 'speaking', after }, this.#manners.speakMs)
    this.effects.push({ do: 'say', session: open.session, step, say })
    return this
  }

  #listen(open: Open, because: Because): Turn {
    const { patienceMs, questionMs, followUpMs } = this.#manners
    const patience = { wake: patienceMs, question: questionMs, followUp: followUpMs }[because]
    const rounds = because === 'wake' ? open.rounds : open.rounds + 1
    const { step } = this.#enter({ ...open, rounds }, { name: 'listening', because, speech: false }, patience)
    this.effects.push({ do: 'listen', session: open.session, step, because })
    return this
  }

  #begin(session: Session): Turn {
    this.effects.push({ do: 'started', session })
    const open: Open = {
      session,
      phase: { name: 'waiting' },
      step: this.state.lastStep + 1,
      deadline: this.#at,
      startedAt: this.#at,
      rounds: 0,
    }
    this.#set(open)
    return this.#sayAnd(
      open,
      session.text,
      session.kind === 'notification' ? { end: 'nominal' } : { listen: 'wake' },
    )
  }

  /** Ends listening and work under way; the session goes on. */
  #quiet(open: Open): Open {
    if (open.phase.name === 'listening') this.effects.push({ do: 'unlisten', session: open.session })
    this.effects.push({ do: 'drop', session: open.session })
    return { ...open, phase: { name: 'waiting' } }
  }

  #finish(open: Open, reason: Ending): Turn {
    this.#close(open, reason)
    const [first, ...queue] = this.state.queue
    if (!first) return this
    this.state = { ...this.state, queue }
    return this.#begin(first)
  }

  #close(open: Open, reason: Ending): Turn {
    this.#quiet(open)
    this.effects.push({ do: 'ended', session: open.session, reason })
    this.state = { queue: this.state.queue, lastStep: open.step }
    return this
  }

  #enter(open: Open, phase: Phase, lastsMs: number): Open {
    const entered = { ...open, phase, step: open.step + 1, deadline: this.#at + lastsMs }
    this.#set(entered)
    return entered
  }

  #set(open: Open): Turn {
    this.state = { ...this.state, open }
    return this
  }

  #refuse(session: Session, why: 'busy' | 'occupied' | 'queueFull'): Turn {
    this.effects.push({ do: 'refused', session, why })
    return this
  }

  #ignore(sessionId: string, what: string): Turn {
    this.effects.push({ do: 'ignored', sessionId, what })
    return this
  }
}
