/**
 * From the files of a model folder to the configuration of sherpa-onnx's recogniser. Pure: names in, a value out.
 * @source sherpa-onnx-node 1.13.8 types.js; k2-fsa.github.io/sherpa/onnx/pretrained_models, hotwords
 */

/** The kinds of model there are, by sherpa-onnx's own names. */
export const FAMILIES = [
  'transducer',
  'moonshine',
  'whisper',
  'paraformer',
  'senseVoice',
  'nemoCtc',
  'zipformerCtc',
  'wenetCtc',
  'omnilingual',
  'dolphin',
  'medasr',
] as const
export type Family = (typeof FAMILIES)[number]

/** A folder with a model, as it lies there. */
export interface ModelFolder {
  readonly path: string
  /** Names of the files, without folders. */
  readonly files: readonly string[]
}

export interface SherpaModel {
  readonly family: Family
  /** `online` models hear sound as it comes; here they get it all at once, like the others. */
  readonly kind: 'offline' | 'online'
  /** Names of its files: to be looked at before native code reads them. */
  readonly files: readonly string[]
  /** For `new OfflineRecognizer` or `new OnlineRecognizer`. */
  readonly config: Readonly<Record<string, unknown>>
  /** How hints are to be written for it; undefined when it takes none. */
  readonly hotwords?: 'upper' | 'lower'
}

export interface ModelWish {
  /** Where the files alone do not tell. */
  family?: Family
  /** BCP 47, for the models of several languages. Default `en`. */
  language?: string
  /** Default 2: more were slower on two cores. */
  threads?: number
}

/** Models of one file: only the folder's name tells what is inside. */
const BY_NAME: readonly (readonly [RegExp, Family])[] = [
  [/sense-?voice/i, 'senseVoice'],
  [/paraformer/i, 'paraformer'],
  [/nemo|parakeet|canary|fastconformer/i, 'nemoCtc'],
  [/zipformer/i, 'zipformerCtc'],
  [/wenet/i, 'wenetCtc'],
  [/omnilingual/i, 'omnilingual'],
  [/dolphin/i, 'dolphin'],
  [/medasr/i, 'medasr'],
]

/** Parts of a model, as sherpa-onnx calls them, and how their files are named. */
const PARTS = {
  encoder: /(^|[-_.])encoder?([-_.].*)?\.(onnx|ort)$/i,
  decoder: /(^|[-_.])decoder([-_.].*)?\.(onnx|ort)$/i,
  joiner: /(^|[-_.])joiner([-_.].*)?\.onnx$/i,
  preprocessor: /(^|[-_.])preprocess(or)?([-_.].*)?\.onnx$/i,
  uncachedDecoder: /(^|[-_.])uncached_decode([-_.].*)?\.onnx$/i,
  cachedDecoder: /(^|[-_.])cached_decode([-_.].*)?\.onnx$/i,
  mergedDecoder: /(^|[-_.])decoder_model_merged([-_.].*)?\.(onnx|ort)$/i,
  model: /(^|[-_.])model([-_.].*)?\.onnx$/i,
  tokens: /(^|[-_.])tokens\.txt$/i,
  bpeVocab: /(^|[-_.])bpe\.vocab$/i,
} as const
type PartName = keyof typeof PARTS
type Parts = Partial<Record<PartName, string>>

/** @returns the model, or what is missing, as the end of "sherpa-onnx cannot run: ..." */
export function readModelFolder(
  folder: ModelFolder,
  wish: ModelWish = {},
): SherpaModel | { missing: string } {
  const path = folder.path.replace(/\/+$/, '')
  const name = path.split('/').at(-1) ?? ''
  const parts: Parts = {}
  for (const part of Object.keys(PARTS) as PartName[]) {
    const file = smallest(folder.files.filter(file => PARTS[part].test(file)))
    if (file !== undefined) parts[part] = file
  }
  const family = wish.family ?? familyOf(parts, name)
  if (!family) {
    const has = parts.model ? `holds ${parts.model}, and its name tells no kind` : 'holds no model'
    return { missing: `${path} ${has}; set \`family\` to one of ${FAMILIES.join(', ')}` }
  }
  const streaming = isStreaming(name, folder.files)
  const needed = neededParts(family, parts, streaming)
  const lacking = [...needed, 'tokens' as const].filter(part => parts[part] === undefined)
  if (lacking.length > 0)
    return {
      missing: `${path} lacks ${lacking.map(part => FILE_NAMES[part]).join(', ')} of a ${family} model`,
    }
  const kind =
    streaming && ['transducer', 'paraformer', 'zipformerCtc'].includes(family) ? 'online' : 'offline'
  // an online stream takes no hints of its own (sherpa-onnx-node 1.13.8 streaming-asr.js)
  const hotwords = family === 'transducer' && parts.bpeVocab !== undefined && kind === 'offline'
  return {
    family,
    kind,
    files: needed.map(part => parts[part]!),
    ...(hotwords ? { hotwords: isNemo(name) ? 'lower' : 'upper' } : {}),
    config: {
      featConfig: { sampleRate: 16_000, featureDim: 80 },
      modelConfig: {
        [kind === 'online' && family === 'zipformerCtc' ? 'zipformer2Ctc' : family]: {
          ...Object.fromEntries(needed.map(part => [part, `${path}/${parts[part]}`])),
          ...(family === 'whisper' || family === 'senseVoice' ? { language: wish.language ?? 'en' } : {}),
          ...(family === 'whisper' ? { task: 'transcribe', tailPaddings: -1 } : {}),
        },
        tokens: `${path}/${parts.tokens}`,
        numThreads: wish.threads ?? 2,
        provider: 'cpu',
        debug: 0,
        ...(family === 'transducer' && isNemo(name) ? { modelType: 'nemo_transducer' } : {}),
        ...(hotwords ? { modelingUnit: 'bpe', bpeVocab: `${path}/${parts.bpeVocab}` } : {}),
      },
      // hints are heeded by this search alone
      decodingMethod: hotwords ? 'modified_beam_search' : 'greedy_search',
      ...(hotwords ? { maxActivePaths: 4, hotwordsScore: 1.5 } : {}),
    },
  }
}

/** Files tell most; models of one file are told by the folder's name. */
function familyOf(parts: Parts, name: string): Family | undefined {
  if (parts.joiner || /transducer/i.test(name)) return 'transducer'
  if (parts.preprocessor || parts.uncachedDecoder || parts.mergedDecoder) return 'moonshine'
  if (parts.encoder || parts.decoder) return /paraformer/i.test(name) ? 'paraformer' : 'whisper'
  return BY_NAME.find(([pattern]) => pattern.test(name))?.[1]
}

function neededParts(family: Family, parts: Parts, streaming: boolean): PartName[] {
  if (family === 'transducer') return ['encoder', 'decoder', 'joiner']
  if (family === 'moonshine')
    return parts.mergedDecoder
      ? ['encoder', 'mergedDecoder']
      : ['preprocessor', 'encoder', 'uncachedDecoder', 'cachedDecoder']
  if (family === 'whisper' || (family === 'paraformer' && streaming)) return ['encoder', 'decoder']
  return ['model']
}

const isNemo = (name: string) => /nemo|parakeet/i.test(name)

/** `...-streaming-...` in the folder's name, or chunks in its files'. */
const isStreaming = (name: string, files: readonly string[]) =>
  /streaming/i.test(name.replace(/non-?streaming/i, '')) || files.some(file => /chunk-\d/.test(file))

const FILE_NAMES: Record<PartName, string> = {
  encoder: 'encoder.onnx',
  decoder: 'decoder.onnx',
  joiner: 'joiner.onnx',
  preprocessor: 'preprocess.onnx',
  uncachedDecoder: 'uncached_decode.onnx',
  cachedDecoder: 'cached_decode.onnx',
  mergedDecoder: 'decoder_model_merged.ort',
  model: 'model.onnx',
  tokens: 'tokens.txt',
  bpeVocab: 'bpe.vocab',
}

/** Of the same part in several sizes the one of 8 bits: a board has little memory, and it hears nearly as well. */
function smallest(files: readonly string[]): string | undefined {
  const sorted = [...files].sort()
  return sorted.find(file => /int8|quantized/.test(file)) ?? sorted[0]
}

/**
 * What the first bytes of a model file say against it; undefined when nothing does. sherpa-onnx ends its process over a
 * file that is none.
 * @param head at least 48 bytes, where there are so many
 */
export function modelFileProblem(head: Uint8Array): string | undefined {
  const text = Buffer.from(head).toString('latin1')
  if (head.length < 16) return 'is empty, or nearly'
  if (text.startsWith('version https://git-lfs')) return 'is a pointer of Git LFS, not the model itself'
  if (/^\s*<(!doctype|html)/i.test(text)) return 'is a web page, not a model'
  // ONNX: a protocol buffer whose first field is ir_version; ORT: a flat buffer with its name at 4
  if (head[0] === 0x08 || text.slice(4, 8) === 'ORTM') return undefined
  return 'is no ONNX model'
}
