/**
 * Text that tries to instruct whoever reads it. It can do nothing here (a line is data), but somebody wrote it: that is
 * worth a look. Also what makes a line unreadable to people: terminal escapes and characters that hide or turn text. Pure.
 */

const TRIES: readonly RegExp[] = [
  /\b(ignor\w*|disregard|forget|overrid\w*|bypass)\b.{0,30}\b(previous|prior|above|all|earlier|preceding|these|the|any|system|your|its|his|safety)\b.{0,30}\b(instruct\w*|rules?|prompts?|guidelines?|alarms?|messages?|context|polic\w*|triage|training)\b/i,
  /\b(ignor\w*|vergiss|missachte)\b.{0,40}\b(anweisung\w*|regeln?|vorherig\w*|vorgaben)\b/i,
  /\b(ignor\w*|oubli\w*)\b.{0,40}\b(instructions?|consignes?|regles?|précédent\w*)\b/i,
  /\b(ignor\w*|olvid\w*|dimentica\w*)\b.{0,40}\b(instruc\w*|istruzion\w*|reglas|regole|anterior\w*|precedent\w*)\b/i,
  /\b(classif\w*|treat|rate|label|interpret|triage)\b.{0,40}\b(as|with|to|this as|:)?\s*["'`]?(normal|harmless|benign|no alarm|severity\s*[:=]?\s*\w+|informational|info only|not an? (alarm|incident)|safe|ok\b.{0,12}\bonly)["'`]?/i,
  // `returned to normal`, `report: all normal` tell how it stands; `report this as normal` tells what to say
  /\b(report|mark|answer|respond|reply|output|return|set|consider|log|write|say)\b(?=.{0,40}\b(as|this|that|it|them|line|event|message|entry|severity|verdict|category|only|with|always|everything|alarms?)\b)(?!\s+(the )?(?!severity|verdict|category|this|it|that|line|alarm)\w+\s+to\s+normal)(?!\s+to\s+normal).{0,40}\b(normal|harmless|benign|no alarm|severity\s*[:=]?\s*\w+|informational|info only|not an? (alarm|incident)|safe|ok\b.{0,12}\bonly)["'`]?/i,
  /\b(als|comme|como|come)\s+(normal\w*|harmlos|unkritisch|benigno)\b.{0,30}\b(einstufen|melden|behandeln|klassifizier\w*|bewerten)?/i,
  /\b(bitte|please|merci de|por favor|si prega)\b.{0,40}\b(ignor\w*|classif\w*|klassifizier\w*|einstufen|unterdrück\w*|suppress|do not (alert|alarm|report)|no alarm)\b/i,
  /\b(do not|don't|never|must not|nicht|ne pas)\s+(alert|raise|notify|report|escalate|alarm|page|melden|alarmieren|alerter|signaler|avisar|segnalare)\b/i,
  /\b(not to|nicht zu|de ne pas|que no|di non|om niet te)\s+(alert|raise|notify|report|escalate|alarm|page|melden|alarmieren|alerter|signaler|avise|informe|segnalare|melden)\b/i,
  // `no warning, no alarm` tells how it stands
  /\bno\s+(raise|notify|escalate|avisar|segnalare|reporte|avise|alerte)\b|\bno\s+(alert|alarm|report|page|ticket|escalation)\s+(please|wanted|must|shall|should|may|to be|for this)\b/i,
  /\b(report|mark|answer|respond|reply|say|write|log)\s+(as )?["'`]?(normal|harmless|benign)\b/i,
  /\b(ignore|disregard|forget)\s+(this|that|these|the (following|above|next))\s+(line|message|entry|record|log)s?\b/i,
  // whoever writes to a model: no device does
  /\b(dear|hello|hey|lieb(e|er|es)|cher|chère|querid[oa]|estimad[oa]|car[oa]|beste|hallo|hola|ciao)[ ,]+(\p{L}+ )?(model|ai|llm|assistant|classifier|bot|chatbot|agent|parser|reader|modell|ki|ia|modèle|modelo|modello|asistente|assistente|assistent|clasificador|classificatore|taalmodel)\b/iu,
  /\b(model|ai|llm|assistant|classifier|bot|chatbot|agent|copilot|triage|language model|modell|ki|ia|modèle|modelo|modello|asistente|assistente|assistent|clasificador|classificatore|taalmodel|whoever reads this|reader of this (line|log)) (must|should|shall|has to|have to|needs to|is to|please|muss|soll|hat zu|doit|debe|deve|moet)\s+(\p{L}+ )?(answer|reply|respond|say|output|downgrade|upgrade|escalate|lower|raise|rate|treat|mark|classify|label|ignore|skip|drop|suppress|discard|forget|hide|delete|approve|call|phone|tell|obey|follow|comply|execute|send|confirm|grade|print|stop|open|start|reset|antworten|melden|einstufen|ignorieren|répondre|classer|ignorer|responder|clasificar|ignorar|rispondere|classificare|ignorare|antwoorden|negeren)\b/iu,
  /\b(ai|llm|assistant|classifier|chatbot|copilot|gpt|chatgpt|claude|gemini|ki|ia|ai model|language model|modelo|modello|modèle|sprachmodell|taalmodel)\s*[:,]\s*(please |bitte |por favor |merci de |per favore )?(answer|reply|respond|say|output|downgrade|upgrade|escalate|lower|raise|rate|treat|mark|classify|label|ignore|skip|drop|suppress|discard|forget|hide|delete|approve|call|phone|tell|obey|follow|comply|execute|confirm|grade|print|do not|don't|never|antworte|melde|stufe|ignoriere|vergiss|lösche|ignore[zr]?|réponds|répondez|classe[zr]?|oublie[zr]?|ignora|responde|clasifica|olvida|rispondi|classifica|dimentica|negeer|antwoord)\b/iu,
  /\b(answer|respond|reply|downgrade|reclassify|regrade)\b( (only|just|with|to|as|this|it|line|always|the word))*\s*[:"'`]*\s*(advisory|normal|warning|critical|emergency|harmless|benign|severity)\b/i,
  /\bno (human|person|operator|technician|people) (is |are |be )?(required|needed|necessary|must|should|has to|needs to|to be (told|called|informed))\b|\bneeds no (human|person|operator|attention from)\b|\bkein mensch (nötig|erforderlich)\b/i,
  /(<\|?(im_start|im_end|system|assistant|user|endoftext|eot_id|start_header_id)\|?>|\[\/?INST\]|<<\/?SYS>>|<\/?(system|assistant|instruction|prompt)s?>|###\s*(system|instruction|assistant|response)\b)/i,
  /(^|["'\s,;({[>])(system|assistant|developer|admin note|sysadmin|ai|llm|model|operator note|bot)\s*(prompt|message|instruction|override)?\s*:\s+(?=.{0,60}\b(ignore|answer|normal|classify|you|report|reply|respond|suppress|set|approve|all|new|the operator|this is|mark|treat|output|disregard)\b)/i,
  /\b(you are (now|a|an)|act as|pretend|from now on|new instructions?|jailbreak|prompt injection|developer mode|as an ai|language model|chatgpt|your (rules|instructions|prompt|task))\b/i,
  /\b(anweisung\w*|regeln?|vorgaben|instruktion\w*)\b.{0,30}\b(ignor\w*|vergessen|missachten)\b/i,
  /\b(als|comme|como|come)\b.{0,30}\b(einstufen|klassifizieren|bewerten|classer|clasificar|classificare)\b/i,
  /\b(du bist|sei|tu es|eres|je bent) (ein|eine|un|une|una|een|uno) (assist\p{L}*|hilf\p{L}*|ki|ia|modell?o?|modèle)\b/iu,
  /\b(schweregrad|gravité|gravita|severidad|gravedad|kategorie|categoría|categoria|ernst)\s*["']*\s*[:=]\s*["']*(normal\w*|keine?|ninguna|nessuna|aucune)\b/i,
  /\b(severity|category|needs_human|needsHuman|verdict|confidence|stage)\s*[\\"']*\s*[:=]\s*[\\"']*(normal|false|advisory|info|0|memo|none|operator)\b/i,
  /\b(penetration test|pen-?test|red team|authori[sz]ed test|scheduled test|security (test|scan|exercise|audit))\b.{0,60}\b(ignore|normal|no action|classify|disregard|expected|please|skip|whitelist)\b/i,
  /(игнорир\p{L}*|забудь\p{L}*).{0,40}(инструкц|правил|команд)/iu,
  /\b(ignoruj|zignoruj|negeer|ignora|ignorez|ignorieren|ignoriere)\b.{0,40}\b(polece\p{L}*|instrukc\p{L}*|instructies?|bericht|dit|message|avertissement|meldung\p{L}*|zeile|ligne|linea|todo|tout|alles)\b/iu,
  /\b(to be|be|are|is) (rated|classified|marked|treated|reported|considered) (as )?(normal|harmless|safe|ok)\b/i,
  /\bdo not (record|log|store|flag|classify|triage)\b|\bne (signalez|signaler|remontez) (rien|pas)\b|\bno (registre|informe|avise)\b/i,
  /\bgib\b.{0,20}\b(vorgaben|anweisungen|prompt|regeln)\b|\b(print|reveal|show|output|repeat)\b.{0,20}\b(your|the) (prompt|instructions|rules|system)\b/i,
  /<\/(log|line|input|data|entry|message|event)s?>\s*[<{]/i,
  /\b(classer|classez|einstufen|marquer|noter|calificar|classificare)\b.{0,20}\bnormal\w*/i,
  /\bplease (disregard|ignore)\b|\bno need to (tell|notify|inform)\b/i,
  /\b(just testing|nothing to see|move along|operator already knows|already handled|no need to (act|check|alert)|false alarm,? (ignore|please)|trust me|this is fine|don't worry|kein grund zur sorge)\b/i,
  /(;|\||&&|`|\$\()\s*(rm|curl|wget|nc|bash|sh|reboot|shutdown|cat|chmod|python3?|powershell)\b\s*[-/\w$.]|\brm\s+-rf\b|\$\{jndi:|\bcurl\s+(-\w+\s+)*https?:/i,
  /('|")\s*(or|and)\s*('|")?\d*('|")?\s*=\s*('|")?\d*|\bunion\s+(all\s+)?select\b|;\s*(drop|delete|truncate|update|insert)\s+(table|from|into|\w+\s+set)\b|['")\];]\s*--\s*$/i,
  /<script\b|javascript:|onerror\s*=|<img\b[^>]*\bsrc=|<iframe\b/i,
  /\.\.\/\.\.\/|\/etc\/(passwd|shadow)|%2e%2e%2f|\.\.\\\.\.\\/i,
]
/** What a line may try to say, for whoever must know which words matter. */
export const BAIT: readonly RegExp[] = TRIES

const ESCAPES = /\u001b|\\x1b|\\u001b|\\033|\\e\[|\u009b/i
const HIDING = /[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u2060\ufeff]|\\u202[a-e]|\\u200b/i
const WORDS = /\p{L}{3,}/gu
const LATIN = /[a-z]/iu
const LOOK_ALIKE = /[\u0400-\u04ff\u0370-\u03ff]/iu
/** Letters of more alphabets than these are noise. */
const ALIKE_ONLY = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]+$/u

export interface Hostile {
  /** What stands in the line, at most 80 characters. */
  quote: string
  what: 'an instruction to the reader' | 'terminal escapes' | 'characters that hide text'
  /** Where it stands. */
  at: number
  length: number
}

/** @returns what in a line tries to steer its reader; undefined when nothing does */
export function hostileText(line: string): Hostile | undefined {
  const text = line.length > MOST_CHARS ? line.slice(0, MOST_CHARS) : line
  const plain = tries(text)
  if (plain) return plain
  for (const { decoded, at, length } of disguised(text)) {
    const hit = tries(decoded)
    if (hit) return { ...hit, at, length }
  }
  // the mark of a file's encoding in front of its first line hides nothing
  const hidden =
    HIDING.exec(text.charCodeAt(0) === BYTE_ORDER_MARK ? ` ${text.slice(1)}` : text) ?? mixedWord(text)
  if (hidden)
    return {
      quote: hidden[0].slice(0, 80),
      what: 'characters that hide text',
      at: hidden.index,
      length: hidden[0].length,
    }
  const code = ESCAPES.exec(text)
  return code
    ? {
        quote: text.slice(code.index, code.index + 20),
        what: 'terminal escapes',
        at: code.index,
        length: code[0].length,
      }
    : undefined
}

const MOST_CHARS = 8192
const BYTE_ORDER_MARK = 0xfeff

/** A word that mixes Latin with look-alikes of other alphabets. Word by word: one pattern for it all is quadratic. */
function mixedWord(text: string): RegExpExecArray | undefined {
  for (const word of text.matchAll(WORDS))
    if (LOOK_ALIKE.test(word[0]) && LATIN.test(word[0]) && ALIKE_ONLY.test(word[0])) return word
  return undefined
}

function tries(text: string): Hostile | undefined {
  for (const pattern of TRIES) {
    const hit = pattern.exec(text)
    if (hit)
      return {
        quote: hit[0].trim().slice(0, 80),
        what: 'an instruction to the reader',
        at: hit.index,
        length: hit[0].length,
      }
  }
  return undefined
}

/** What a line says behind percent signs, base64 or letters moved by thirteen: old disguises that need no key. */
function* disguised(text: string): Generator<{ decoded: string; at: number; length: number }> {
  const whole = { at: 0, length: text.length }
  if (/%[0-9a-f]{2}/i.test(text))
    yield {
      decoded: text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
      ...whole,
    }
  for (const { 0: run, index } of text.matchAll(/[A-Za-z0-9+/]{32,}={0,2}/g)) {
    const decoded = Buffer.from(run, 'base64').toString('latin1')
    if (/^[\x20-\x7e\r\n\t]+$/.test(decoded)) yield { decoded, at: index, length: run.length }
  }
  const turned = text.replace(/[a-z]/gi, c => {
    const base = c <= 'Z' ? 65 : 97
    return String.fromCharCode(((c.charCodeAt(0) - base + 13) % 26) + base)
  })
  if (/\b(instructions|ignore|severity|classify)\b/i.test(turned)) yield { decoded: turned, ...whole }
}

/** A line without its hostile part: what is left is judged as well, so that no bait can hide a fault. */
export function withoutBait(line: string, { at, length }: Hostile): string {
  const open = Math.max(
    ...['"', "'", '(', '[', '{', '.', ';', '<'].map(mark => line.lastIndexOf(mark, at - 1)),
  )
  const from = open < 0 ? at : open + 1
  const rest = line.slice(at + length)
  const close = rest.search(/["')\]}]/)
  const to = close < 0 ? line.length : at + length + close
  return line.slice(0, from) + ' '.repeat(to - from) + line.slice(to)
}
