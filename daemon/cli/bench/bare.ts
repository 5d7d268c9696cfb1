/**
 * The baseline of `fieldmouse bench command`: the same prompts evaluated and answered by node-llama-cpp alone, without
 * daemon, broker, grammar or devices. A process of its own, as the daemon's inference is. Started by command.ts.
 */
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

interface Job {
  path: string
  threads: number
  contextTokens: number
  prompts: string[]
}

process.once('message', async (raw: unknown) => {
  const { path, threads, contextTokens, prompts } = raw as Job
  const llama = await getLlama({
    build: 'never',
    skipDownload: true,
    gpu: false,
    logLevel: LlamaLogLevel.error,
  })
  const model = await llama.loadModel({ modelPath: path })
  const context = await model.createContext({ contextSize: contextTokens, threads, batchSize: contextTokens })
  const sequence = context.getSequence()
  const times: { ms: number; promptTokens: number; outputTokens: number }[] = []
  for (const prompt of [...prompts.slice(0, 20), ...prompts]) {
    const began = performance.now()
    const tokens = [model.tokens.bos!, ...model.tokenize(prompt, true)]
    // the daemon keeps the first tokens of the prompt, so the baseline does too
    const keep = 2
    if (sequence.nextTokenIndex > keep)
      await sequence.eraseContextTokenRanges([{ start: keep, end: sequence.nextTokenIndex }])
    let outputTokens = 0
    for await (const token of sequence.evaluate(tokens.slice(sequence.nextTokenIndex), {
      temperature: 0,
      yieldEogToken: true,
    })) {
      outputTokens++
      if (model.isEogToken(token) || outputTokens >= 60) break
    }
    times.push({ ms: performance.now() - began, promptTokens: tokens.length, outputTokens })
  }
  process.send?.(times.slice(20))
  await llama.dispose()
  process.disconnect()
})
