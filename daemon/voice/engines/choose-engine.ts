/** Which recogniser listens: facts and a wish in, a choice or a reason out. Pure. */

/** In the order in which `auto` takes them: what an owner has set up before what needs no setting up. */
export const ENGINES = ['sherpa-onnx', 'wyoming', 'whisper.cpp', 'pocketsphinx'] as const
export type EngineName = (typeof ENGINES)[number]

/** What is known of one engine. */
export interface EngineFact {
  readonly engine: EngineName
  /** The owner has said where it is, or it needs no saying. */
  readonly configured: boolean
  /** What it lacks ("the program pocketsphinx_continuous is not installed"); undefined when it can run. */
  readonly missing?: string
  /** What would provide that (`apt install pocketsphinx pocketsphinx-en-us`). */
  readonly remedy?: string
}

export type EngineChoice =
  | { readonly engine: EngineName }
  | { readonly engine: undefined; readonly reason: string; readonly remedy: string }

const APT = 'apt install pocketsphinx pocketsphinx-en-us'

/**
 * An engine that is named is taken or nothing: silently listening with another one would hide that it is missing.
 * @param wanted `voice.engine`
 */
export function chooseEngine(wanted: EngineName | 'auto', facts: readonly EngineFact[]): EngineChoice {
  if (wanted === 'auto') {
    for (const name of ENGINES) {
      const fact = facts.find(({ engine }) => engine === name)
      if (fact?.configured && fact.missing === undefined) return { engine: name }
    }
    const tried = listEngines(facts.filter(({ configured }) => configured))
    const reason = `no speech engine can run: ${tried.map(({ says }) => says).join('; ') || 'none is set up'}`
    return { engine: undefined, reason, remedy: firstRemedy(facts) }
  }
  const fact = facts.find(({ engine }) => engine === wanted)
  if (!fact?.configured)
    return {
      engine: undefined,
      reason: `${wanted} is chosen, but nothing is set up for it`,
      remedy: `Set \`voice.engines.${SECTIONS[wanted]}\`, or choose \`auto\`.`,
    }
  if (fact.missing === undefined) return { engine: wanted }
  return {
    engine: undefined,
    reason: `${wanted} cannot run: ${fact.missing}`,
    remedy: fact.remedy ?? 'Provide what is missing, or choose `auto`.',
  }
}

/** One line for each engine that is known, for `doctor`. */
export function listEngines(
  facts: readonly EngineFact[],
): { engine: EngineName; ok: boolean; says: string }[] {
  return ENGINES.flatMap(name => facts.filter(({ engine }) => engine === name)).map(
    ({ engine, configured, missing }) => {
      const ok = configured && missing === undefined
      const says = ok ? `${engine} can run` : `${engine}: ${configured ? missing : 'not set up'}`
      return { engine, ok, says }
    },
  )
}

/** Where each is set up. */
const SECTIONS: Record<EngineName, string> = {
  pocketsphinx: 'pocketsphinx',
  'sherpa-onnx': 'sherpa',
  'whisper.cpp': 'whisper_server',
  wyoming: 'wyoming',
}

function firstRemedy(facts: readonly EngineFact[]): string {
  const missing = facts.find(({ configured, remedy }) => configured && remedy !== undefined)
  return missing?.remedy ?? `Install the default one: \`${APT}\`.`
}
