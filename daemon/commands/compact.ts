/**
 * The small model's short form of a command. It sees only the utterance and writes marks (each one token) and spans
 * copied from the utterance; deterministic code grounds the spans to the home. Example:
 *
 *   turn the kitchen lights to 50 %   ->   <set_brightness><light><dev> kitchen lights<val> 50 %
 *   what's the weather                ->   <none>
 */
import { alt, type Grammar, lit, many, opt, type Rule, ref, seq } from '../inference/grammar.js'
import {
  ACTION_NAMES,
  type ActionName,
  KIND_NAMES,
  type Kind,
  MEDIA_CLASSES,
  type MediaClass,
  QUANTIFIERS,
  type Quantifier,
} from './vocabulary.js'

/** Slots that hold words copied from the utterance, in the order in which they are written. */
export const SPAN_SLOTS = ['dev', 'area', 'except', 'val', 'for', 'timer', 'name', 'in', 'at'] as const
export type SpanSlot = (typeof SPAN_SLOTS)[number]

/**
 * What a sentence does with the last command of its session instead of naming an action: `again` ("and the bedroom
 * too", "a bit more"), `instead` ("no, the other lamp"), `undo` ("put it back"). Slots that are given replace the last ones.
 */
export const DIALOGUE_ACTS = ['again', 'instead', 'undo'] as const
export type DialogueAct = (typeof DIALOGUE_ACTS)[number]
export function isDialogueAct(action: string): action is DialogueAct {
  return (DIALOGUE_ACTS as readonly string[]).includes(action)
}

/** What a command says beside its action. Spans are words of the normalised utterance, blanks between. */
export interface CompactSlots {
  /** What sort of thing is meant, named or implied ("it's too dark": light). Absent for timers. */
  kind?: Kind
  quantifier?: Quantifier
  /** The words that name the device: "bedroom lamp", "lights". */
  dev?: string
  /** The words that name the place: "kitchen", "first floor", "here". */
  area?: string
  /** The words that name what is left out: "the desk lamp", "bedroom". */
  except?: string
  /** A relative change. With `val` by that much, without it by some. */
  step?: 'up' | 'down'
  media?: MediaClass
  /** The value: "50 %", "half", "warm white", "heat", "open", the title to play, the program to run. */
  val?: string
  /** How long, as said: "one hour", "5 minutes 30 seconds". */
  for?: string
  /** Which timer, by its set length. */
  timer?: string
  /** Which timer, by its name. */
  name?: string
  /** When: after so long. */
  in?: string
  /** When: at that time of day. */
  at?: string
}

/** One command as the small model writes it. */
export interface CompactAction extends CompactSlots {
  action: ActionName
}
/** A sentence about the command before it. */
export interface CompactMove extends CompactSlots {
  action: DialogueAct
}
/** Whether this is about the command before it, so that it cannot be grounded alone. */
export function isMove(step: CompactAction | CompactMove): step is CompactMove {
  return isDialogueAct(step.action)
}

/** What the model may answer: actions, or none when the words are no command for a home. */
export type CompactCommand = (CompactAction | CompactMove)[]

const mark = (word: string) => `<${word}>`
/** Prompt parts around the utterance. */
export const PROMPT_PREFIX = '<cmd>'
export const PROMPT_END = '<out>'
const NONE = mark('none')
const kindMark = (kind: Kind) => mark(`k_${kind}`)
const mediaMark = (media: MediaClass) => mark(`m_${media}`)

/** Every mark of the form: each is one token of the factory model's tokenizer. The order is part of the file format. */
export const MARKS: readonly string[] = [
  PROMPT_PREFIX,
  PROMPT_END,
  NONE,
  ...ACTION_NAMES.map(mark),
  ...QUANTIFIERS.map(mark),
  ...SPAN_SLOTS.map(mark),
  mark('up'),
  mark('down'),
  ...MEDIA_CLASSES.map(mediaMark),
  ...KIND_NAMES.map(kindMark),
  ...DIALOGUE_ACTS.map(mark),
]

/** The prompt for an utterance that has passed `normalise`. */
export function promptFor(normalised: string): { prefix: string; prompt: string } {
  return { prefix: PROMPT_PREFIX, prompt: ` ${normalised}${PROMPT_END}` }
}

/** Writes the short form. Slots always come in the same order, so that there is one way to say a thing. */
export function encode(command: CompactCommand): string {
  if (command.length === 0) return NONE
  return command
    .map(a => {
      const span = (slot: SpanSlot) => (a[slot] === undefined ? '' : `${mark(slot)} ${a[slot]}`)
      return [
        mark(a.action),
        a.kind ? kindMark(a.kind) : '',
        a.quantifier ? mark(a.quantifier) : '',
        span('dev'),
        span('area'),
        span('except'),
        a.step ? mark(a.step) : '',
        a.media ? mediaMark(a.media) : '',
        span('val'),
        span('for'),
        span('timer'),
        span('name'),
        span('in'),
        span('at'),
      ].join('')
    })
    .join('')
}

/**
 * Reads the short form back.
 * @returns undefined when the text is not of the form (a torso, say)
 */
export function decode(text: string): CompactCommand | undefined {
  if (text === NONE) return []
  const parts = text.match(/<[a-z_]+>[^<]*/g)
  if (!parts || parts.join('') !== text) return undefined
  const command: CompactCommand = []
  for (const part of parts) {
    const end = part.indexOf('>')
    const word = part.slice(1, end)
    const words = part.slice(end + 1).trim()
    if ((ACTION_NAMES as string[]).includes(word) || isDialogueAct(word)) {
      if (words) return undefined
      command.push({ action: word } as CompactAction | CompactMove)
      continue
    }
    const action = command.at(-1)
    if (!action) return undefined
    if ((SPAN_SLOTS as readonly string[]).includes(word)) {
      if (!words || action[word as SpanSlot] !== undefined) return undefined
      action[word as SpanSlot] = words
    } else if (words) return undefined
    else if (word === 'up' || word === 'down') action.step = word
    else if ((QUANTIFIERS as readonly string[]).includes(word)) action.quantifier = word as Quantifier
    else if (word.startsWith('k_') && (KIND_NAMES as string[]).includes(word.slice(2)))
      action.kind = word.slice(2) as Kind
    else if (word.startsWith('m_') && (MEDIA_CLASSES as readonly string[]).includes(word.slice(2)))
      action.media = word.slice(2) as MediaClass
    else return undefined
  }
  return command.length ? command : undefined
}

/** Words without which a slot makes no sense: the grammar offers it only where one was said. */
const EXCEPT = /\b(except|but|besides|apart|other|excluding|without|not|save|minus)\b/
const IN = /\b(in|after|within|from now|later|wait|delay|postpone)\b/
const AT =
  /\b(at|by|noon|midnight|midday|o'clock|am|pm|tonight|morning|evening|afternoon|past|\d{1,2}:\d\d)\b/

/** Which slots an action takes; the grammar holds the model to it. */
type Shape =
  | 'plain'
  | 'run'
  | 'change'
  | 'value'
  | 'media'
  | 'question'
  | 'timer'
  | 'timed'
  | 'bare'
  | 'carry'
function shapeOf(action: ActionName | DialogueAct): Shape {
  switch (action) {
    case 'undo':
      return 'bare'
    case 'again':
    case 'instead':
      return 'carry'
    case 'start':
      return 'run'
    case 'set_brightness':
    case 'set_temperature':
    case 'set_fan_speed':
    case 'set_volume':
    case 'set_position':
      return 'change'
    case 'set_color':
    case 'set_color_temperature':
    case 'set_mode':
      return 'value'
    case 'play_media':
      return 'media'
    case 'get_state':
      return 'question'
    case 'start_timer':
    case 'increase_timer':
    case 'decrease_timer':
      return 'timed'
    case 'cancel_timer':
    case 'cancel_all_timers':
    case 'pause_timer':
    case 'resume_timer':
    case 'timer_status':
      return 'timer'
    default:
      return 'plain'
  }
}

/** Most commands that one sentence may hold. */
export const MAX_ACTIONS = 6

/**
 * The grammar for one utterance: the short form, with spans that can only be runs of the utterance's own words. The
 * model copies; it cannot invent.
 * @param normalised the utterance after `normalise`; at least one word
 * @param options `dialogue`: whether the sentence may be about the command before it
 */
export function compactGrammar(normalised: string, options: { dialogue?: boolean } = {}): Grammar {
  const words = normalised.split(' ')
  const rules: Record<string, Rule> = {}
  words.forEach((word, i) => {
    rules[`w${i}`] = i + 1 < words.length ? seq(lit(` ${word}`), opt(ref(`w${i + 1}`))) : lit(` ${word}`)
  })
  rules.span = alt(...words.map((_, i) => ref(`w${i}`)))
  const says = (pattern: RegExp) => pattern.test(normalised)
  const slot = (name: SpanSlot) => seq(lit(mark(name)), ref('span'))
  const oneOf = (marks: readonly string[]) => alt(...marks.map(lit))
  rules.step = oneOf([mark('up'), mark('down')])
  rules.target = seq(
    opt(oneOf(KIND_NAMES.map(kindMark))),
    opt(oneOf(QUANTIFIERS.map(mark))),
    opt(slot('dev')),
    opt(slot('area')),
    ...(says(EXCEPT) ? [opt(slot('except'))] : []),
  )
  rules.time = seq(...(says(IN) ? [opt(slot('in'))] : []), ...(says(AT) ? [opt(slot('at'))] : []))
  const media = oneOf(MEDIA_CLASSES.map(mediaMark))
  const change = alt(seq(ref('step'), opt(slot('val'))), slot('val'))
  const tail: Record<Shape, Rule> = {
    plain: seq(ref('target'), opt(slot('for')), ref('time')),
    run: seq(ref('target'), opt(slot('val')), opt(slot('for')), ref('time')),
    change: seq(ref('target'), change, ref('time')),
    value: seq(ref('target'), slot('val'), ref('time')),
    media: seq(ref('target'), opt(media), slot('val'), ref('time')),
    question: seq(ref('target'), opt(slot('val'))),
    timer: seq(opt(slot('area')), opt(slot('timer')), opt(slot('name'))),
    timed: seq(opt(slot('area')), opt(slot('for')), opt(slot('timer')), opt(slot('name'))),
    bare: seq(),
    carry: seq(ref('target'), opt(ref('step')), opt(slot('val')), opt(slot('for')), ref('time')),
  }
  const actions = [...ACTION_NAMES, ...(options.dialogue ? DIALOGUE_ACTS : [])]
  rules.one = alt(
    ...(Object.keys(tail) as Shape[]).flatMap(shape => {
      const marks = actions.filter(a => shapeOf(a) === shape).map(mark)
      return marks.length ? [seq(oneOf(marks), tail[shape])] : []
    }),
  )
  rules.root = alt(lit(NONE), many(ref('one'), 1, MAX_ACTIONS))
  return { root: 'root', rules }
}
