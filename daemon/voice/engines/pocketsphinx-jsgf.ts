/**
 * JSGF 1.0 read as a tree, so that what cannot be listened for can be taken out: PocketSphinx refuses a whole grammar for
 * one word without a pronunciation. Tags in braces are passed over; imports are refused.
 * @source W3C note "JSpeech Grammar Format", 5 June 2000
 */

/** One way to say something. */
export type Expansion =
  | { type: 'word'; word: string }
  | { type: 'rule'; name: string }
  | { type: 'sequence'; parts: Expansion[] }
  | { type: 'choice'; parts: { weight?: number; of: Expansion }[] }
  | { type: 'repeat'; of: Expansion; least: 0 | 1 }
  | { type: 'optional'; of: Expansion }

export interface Grammar {
  name: string
  rules: Map<string, { public: boolean; of: Expansion }>
}

/** @throws Error with what was expected and where */
export function parseJsgf(text: string): Grammar {
  const tokens = tokenize(text)
  let at = 0
  const next = () => tokens[at]
  const fail = (wanted: string): never => {
    throw new Error(`the grammar has ${next() ?? 'its end'} where ${wanted} was expected (token ${at + 1})`)
  }
  const take = (wanted: string) => (next() === wanted ? tokens[at++]! : fail(wanted))
  const isWord = (token: string | undefined) => token !== undefined && !/^[[\]()|;=*+/{<]/.test(token)

  const choice = (): Expansion => {
    const parts: { weight?: number; of: Expansion }[] = []
    do {
      const weight = next()?.startsWith('/') ? Number(tokens[at++]!.slice(1, -1)) : undefined
      if (weight !== undefined && !(weight >= 0)) fail('a weight from 0 on')
      parts.push({ ...(weight === undefined ? {} : { weight }), of: sequence() })
    } while (next() === '|' && at++ >= 0)
    return parts.length === 1 && parts[0]!.weight === undefined ? parts[0]!.of : { type: 'choice', parts }
  }
  const sequence = (): Expansion => {
    const parts: Expansion[] = []
    for (let part = repeated(); part; part = repeated()) parts.push(part)
    if (parts.length === 0) fail('a word')
    return parts.length === 1 ? parts[0]! : { type: 'sequence', parts }
  }
  const repeated = (): Expansion | undefined => {
    let of = single()
    while (of && (next() === '*' || next() === '+'))
      of = { type: 'repeat', of, least: tokens[at++] === '+' ? 1 : 0 }
    return of
  }
  const single = (): Expansion | undefined => {
    const token = next()
    if (token === '(' || token === '[') {
      at++
      const of = choice()
      take(token === '(' ? ')' : ']')
      return token === '(' ? of : { type: 'optional', of }
    }
    if (token?.startsWith('<')) return { type: 'rule', name: tokens[at++]!.slice(1, -1) }
    if (isWord(token)) return { type: 'word', word: tokens[at++]! }
    return undefined
  }

  take('grammar')
  if (!isWord(next())) fail('a name')
  const grammar: Grammar = { name: tokens[at++]!, rules: new Map() }
  take(';')
  while (at < tokens.length) {
    if (next() === 'import') fail('a rule (imports are not followed)')
    const isPublic = next() === 'public' && at++ >= 0
    if (!next()?.startsWith('<')) fail('a rule')
    const name = tokens[at++]!.slice(1, -1)
    take('=')
    grammar.rules.set(name, { public: isPublic, of: choice() })
    take(';')
  }
  const open = [...grammar.rules.values()].filter(rule => rule.public).length
  if (open !== 1) throw new Error(`the grammar has ${open} public rules, one is needed`)
  return grammar
}

function tokenize(text: string): string[] {
  const body = text
    .replace(/^\uFEFF?\s*#JSGF[^;\n]*;/, '')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\/\/.*$/gm, ' ')
    .replace(/\{(?:\\.|[^}\\])*\}/g, ' ')
  return (body.match(/<[^<>]*>|\/[^/\s]*\/|[[\]()|;=*+]|[^\s[\]()|;=*+<>/]+/g) ?? []) as string[]
}

/** Every word of a grammar, once. */
export function wordsOf(grammar: Grammar): string[] {
  const words = new Set<string>()
  const walk = (of: Expansion): void => {
    if (of.type === 'word') words.add(of.word)
    else if (of.type === 'sequence') of.parts.forEach(walk)
    else if (of.type === 'choice') for (const part of of.parts) walk(part.of)
    else if (of.type !== 'rule') walk(of.of)
  }
  for (const { of } of grammar.rules.values()) walk(of)
  return [...words]
}

/**
 * Takes out what holds a word that cannot be listened for: the smallest alternative or optional part around it.
 * @returns what is left, with the words that were taken out, in the order of the alphabet; undefined when nothing that
 * can be said is left
 * @throws Error for a rule that is not there, or one that holds itself
 */
export function prune(
  grammar: Grammar,
  knows: (word: string) => boolean,
): { grammar: Grammar | undefined; dropped: string[] } {
  const dropped = new Set<string>()
  const rules: Grammar['rules'] = new Map()
  const done = new Map<string, Expansion | undefined>()
  const within = new Set<string>()
  const rule = (name: string): Expansion | undefined => {
    if (name === 'NULL' || name === 'VOID') return name === 'NULL' ? { type: 'rule', name } : undefined
    if (done.has(name)) return done.get(name)
    const found = grammar.rules.get(name)
    if (!found) throw new Error(`the grammar has no rule <${name}>`)
    if (within.has(name)) throw new Error(`the rule <${name}> holds itself`)
    within.add(name)
    const left = keep(found.of)
    within.delete(name)
    done.set(name, left)
    if (left) rules.set(name, { public: found.public, of: left })
    return left
  }
  const keep = (of: Expansion): Expansion | undefined => {
    switch (of.type) {
      case 'word':
        if (knows(of.word)) return of
        dropped.add(of.word)
        return undefined
      case 'rule':
        return rule(of.name) && of
      case 'sequence': {
        // all are looked at, so that every word that is missing is told at once
        const parts = of.parts.map(keep)
        const empty = (part: Expansion | undefined, i: number) => !part && !canBeLeft(of.parts[i]!)
        return parts.some(empty)
          ? undefined
          : { type: 'sequence', parts: parts.filter(part => part !== undefined) }
      }
      case 'choice': {
        const parts = of.parts.flatMap(part => {
          const left = keep(part.of)
          return left ? [{ ...part, of: left }] : []
        })
        return parts.length > 0 ? { type: 'choice', parts } : undefined
      }
      default: {
        const left = keep(of.of)
        return left && { ...of, of: left }
      }
    }
  }
  let left: Expansion | undefined
  for (const [name, { public: open }] of grammar.rules) if (open) left = rule(name)
  return { grammar: left && { name: grammar.name, rules }, dropped: [...dropped].sort() }
}

const canBeLeft = (of: Expansion) => of.type === 'optional' || (of.type === 'repeat' && of.least === 0)

/** As text again. */
export function printJsgf(grammar: Grammar): string {
  const rules = [...grammar.rules].map(
    ([name, rule]) => `${rule.public ? 'public ' : ''}<${name}> = ${print(rule.of)};`,
  )
  return ['#JSGF V1.0;', `grammar ${grammar.name};`, ...rules, ''].join('\n')
}

function print(of: Expansion): string {
  switch (of.type) {
    case 'word':
      return of.word
    case 'rule':
      return `<${of.name}>`
    case 'sequence':
      // what can be left out entirely leaves an empty sequence
      return of.parts.length > 0 ? of.parts.map(print).join(' ') : '<NULL>'
    case 'choice':
      return `(${of.parts.map(part => `${part.weight === undefined ? '' : `/${part.weight}/ `}${print(part.of)}`).join(' | ')})`
    case 'optional':
      return `[${print(of.of)}]`
    case 'repeat':
      return `(${print(of.of)})${of.least ? '+' : '*'}`
  }
}
