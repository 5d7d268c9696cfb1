import { fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { getLlama, type Token } from 'node-llama-cpp'
import t from 'tap'
import { sleep, systemClock } from '../../../daemon/base/clock.js'
import { compactGrammar, decode, promptFor } from '../../../daemon/commands/compact.js'
import { normalise } from '../../../daemon/commands/normalise.js'
import type { CompletionRequest } from '../../../daemon/inference/engine.js'
import { alt, lit, type Rule, ref, seq } from '../../../daemon/inference/grammar.js'
import {
  type EngineEvent,
  SupervisedEngine,
  type SupervisorOptions,
} from '../../../daemon/inference/supervisor.js'
import { type TokenTable, tokenBytes } from '../../../daemon/inference/token-bytes.js'
import { fromBytes } from '../../../daemon/inference/utf8.js'
import { factoryModelPath } from '../../support/model.js'

const ask = (text: string): CompletionRequest => {
  const words = normalise(text)
  return { ...promptFor(words), grammar: compactGrammar(words), maxTokens: 160 }
}
const long =
  'turn on the hall lamp and open the blinds and lock the gate and play some jazz and stop the fan and set a timer for nine minutes'

async function engine(t: { teardown(fn: () => unknown): void }, options: Partial<SupervisorOptions> = {}) {
  const events: EngineEvent[] = []
  const e = new SupervisedEngine({
    model: { path: factoryModelPath() },
    clock: systemClock,
    threads: 1,
    onEvent: event => events.push(event),
    ...options,
  })
  t.teardown(() => e.stop())
  await e.start(new AbortController().signal)
  return { e, events }
}

/** One that nobody harms, for the stories that only ask it. */
const well = engine(t)

t.test('the real model reads commands under the grammar', async t => {
  const { e } = await well
  t.match(e.info, { name: 'fieldmouse-command', threads: 1, sequences: 4 })
  const first = await e.complete(ask('turn on the hall lamp'))
  t.equal(first.stop, 'complete')
  t.match(decode(first.text), [{ action: 'turn_on', kind: 'light', dev: 'hall lamp' }])
  t.ok(first.tokens.every(x => x.probability > 0 && x.probability <= 1))
  t.equal(first.figures.cachedTokens, 0)

  const again = await e.complete(ask('turn on the hall lamp'))
  t.equal(again.text, first.text)
  t.ok(again.figures.cachedTokens > 0, 'the prefix is not evaluated twice')

  t.strictSame(decode((await e.complete(ask('who painted the ceiling of the chapel'))).text), [])
  for (const odd of ['ça va', '照明をつけて', 'xqz', '0', long, 'on '.repeat(59)]) {
    const c = await e.complete(ask(odd))
    t.ok(c.stop === 'length' || decode(c.text) !== undefined, odd.slice(0, 30))
  }
  const forced = await e.complete(ask('switch on brimborxilatroque'))
  t.ok(forced.figures.forcedTokens > 0, 'the rest of a long name is appended, not sampled')
})

t.test('what the grammar does not allow is told beside what was taken instead', async t => {
  const { e } = await well
  const request = ask('turn on the hall lamp')
  t.equal((await e.complete(request)).tokens[0]?.rejected, 0, 'the likeliest was allowed')
  const grammar = { root: 'a', rules: { a: alt(lit('<lock>'), lit('<unlock>')) } }
  const [first] = (await e.complete({ ...request, grammar })).tokens
  t.ok(first!.rejected > 0.5 && first!.rejected <= 1, `${first!.rejected} wanted to say something else`)
})

t.test('requests side by side share the context and each gets its own answer', async t => {
  const { e } = await well
  const asked = Array.from({ length: 24 }, (_, i) => ask(`turn off the fan in room ${i + 10}`))
  const alone: string[] = []
  for (const request of asked) alone.push((await e.complete(request)).text)
  const together = await Promise.all(asked.map(request => e.complete(request)))
  t.ok(together.every(c => decode(c.text)))
  // sums in a batch are added in another order: a near tie may tip
  const same = together.filter((c, i) => c.text === alone[i]).length
  t.ok(same >= 22, `${same} of 24 as when asked alone`)
  t.ok(new Set(together.map(c => c.text)).size > 1, 'they do not get one answer')
})

t.test('letters that no single token holds come out whole', async t => {
  const { e } = await well
  for (const words of [
    ['照明', '照会', '電気'],
    ['é', 'è', 'ñandú'],
    ['🦊', '🦉 café', '🐭'],
  ]) {
    const grammar = { root: 'a', rules: { a: seq(lit('<turn_on><dev> '), alt(...words.map(lit))) } }
    const c = await e.complete({ ...ask(`turn on ${words[0]}`), grammar })
    t.ok(words.includes(c.text.slice('<turn_on><dev> '.length)), c.text)
    t.equal(c.tokens.map(x => x.text).join(''), c.text)
    t.equal(c.stop, 'complete')
  }
})

for (const [name, prefix] of [
  ['command', '<cmd>'],
  ['line', '<line>'],
] as const)
  t.test(`the GGUF of ${name}s makes the same choices as the weights it was made from`, async t => {
    const answers = JSON.parse(readFileSync(`test/fixtures/inference/${name}.answers.json`, 'utf8')) as {
      text: string
      prompt: number[]
      answer: number[]
    }[]
    const llama = await getLlama({ build: 'never', gpu: false, skipDownload: true })
    const model = await llama.loadModel({ modelPath: factoryModelPath(name) })
    const { ggml } = model.fileInfo.metadata.tokenizer as unknown as { ggml: TokenTable }
    const bytesOf = tokenBytes(ggml, () => 'not asked')
    for (const token of ggml.tokens.keys()) {
      const text = model.detokenize([token as Token], true)
      if (bytesOf(token) !== '' && !text.includes('\uFFFD') && fromBytes(bytesOf(token)) !== text)
        t.fail(
          `token ${token} writes ${JSON.stringify(fromBytes(bytesOf(token)))}, not ${JSON.stringify(text)}`,
        )
    }
    t.equal(bytesOf(model.tokens.eos!), '', 'a control token writes nothing')
    const context = await model.createContext({ contextSize: 256, threads: 1 })
    const sequence = context.getSequence()
    for (const { text, prompt, answer } of answers) {
      await sequence.clearHistory()
      t.strictSame(
        [model.tokens.bos, ...model.tokenize(`${prefix} ${text}<out>`, true)],
        prompt,
        `tokens of "${text}"`,
      )
      const found: number[] = []
      for await (const token of sequence.evaluate(prompt as never, { temperature: 0, yieldEogToken: true })) {
        found.push(token)
        if (model.isEogToken(token) || found.length > answer.length) break
      }
      // what the weights would write without end was cut
      t.strictSame(found.slice(0, answer.length), answer, `answer to "${text}"`)
    }
    await llama.dispose()
  })

t.test('a child killed while it answers is replaced and the request tried again', async t => {
  const { e, events } = await engine(t, { backoff: { firstMs: 10, maxMs: 50, factor: 2 } })
  const before = e.pid
  const answer = e.complete(ask(long))
  process.kill(e.pid!, 'SIGKILL')
  t.ok(decode((await answer).text))
  t.not(e.pid, before)
  t.equal(e.losses, 1)
  t.match(
    events.find(x => x.type === 'died'),
    { how: 'signal SIGKILL', inFlight: 1 },
  )
})

t.test('a child killed while it loads is started once more, and not for ever', async t => {
  const loading = (kills: number) => {
    const killed = new Set<number>()
    const e = new SupervisedEngine({ model: { path: factoryModelPath() }, clock: systemClock, threads: 1 })
    t.teardown(() => e.stop())
    const starting = e.start(new AbortController().signal)
    starting.catch(() => {})
    const kill = async () => {
      while (killed.size < kills) {
        const { pid } = e
        if (pid !== undefined && !killed.has(pid)) {
          killed.add(pid)
          process.kill(pid, 'SIGKILL')
        }
        await sleep(2)
      }
    }
    return { e, starting, killing: kill() }
  }
  const once = loading(1)
  await once.killing
  await once.starting
  t.ok(decode((await once.e.complete(ask('turn on the lamp'))).text))
  t.equal(once.e.losses, 0, 'what never answered was not lost')
  const twice = loading(2)
  await twice.killing
  await t.rejects(twice.starting, { code: 'model_load_failed', message: /SIGKILL/ })
})

t.test('a request whose child dies twice fails with a clear error, and the engine goes on', async t => {
  let kills = 0
  const { e } = await engine(t, {
    backoff: { firstMs: 10, maxMs: 50, factor: 2 },
    // the second child is killed as soon as it has loaded, with the request in its hands
    onEvent: event => {
      if (event.type === 'loaded' && kills === 1) {
        kills++
        process.kill(e.pid!, 'SIGSTOP')
        setTimeout(() => process.kill(e.pid!, 'SIGKILL'), 20)
      }
    },
  })
  process.kill(e.pid!, 'SIGSTOP')
  const answer = e.complete(ask(long))
  kills++
  process.kill(e.pid!, 'SIGKILL')
  await t.rejects(answer, { code: 'engine_died', retryable: true, remedy: String })
  t.ok(decode((await e.complete(ask('stop the fan'))).text))
})

t.test('a child that hangs is found by the probe and replaced', async t => {
  const { e, events } = await engine(t, { probeMs: 150, backoff: { firstMs: 10, maxMs: 50, factor: 2 } })
  process.kill(e.pid!, 'SIGSTOP')
  t.ok(decode((await e.complete(ask('open the gate'))).text))
  t.match(
    events.find(x => x.type === 'died'),
    { how: 'signal SIGKILL' },
  )
})

t.test('all requests in flight outlive one lost child, one after the other', async t => {
  const { e } = await engine(t, { sequences: 3, backoff: { firstMs: 10, maxMs: 50, factor: 2 } })
  const answers = Promise.all(
    ['stop the fan', 'open the gate', 'lock the door', 'dim the lamp'].map(x => e.complete(ask(x))),
  )
  process.kill(e.pid!, 'SIGKILL')
  t.ok((await answers).every(c => decode(c.text)))
  t.equal(e.losses, 1)
})

t.test('when no child comes up requests are refused at once; a model put back is found', async t => {
  const folder = t.testdir({})
  const path = join(folder, 'model.gguf')
  copyFileSync(factoryModelPath(), path)
  const { e, events } = await engine(t, {
    model: { path },
    budget: 2,
    backoff: { firstMs: 5, maxMs: 50, factor: 2 },
  })
  truncateSync(path, 100_000)
  process.kill(e.pid!, 'SIGKILL')
  await t.rejects(e.complete(ask('open the gate')), { code: 'engine_unavailable', retryable: true })
  await t.rejects(e.complete(ask('open the gate')), { code: 'engine_unavailable' }, 'at once')
  t.ok(events.some(x => x.type === 'output' && /cut short/.test(x.text)))
  copyFileSync(factoryModelPath(), path)
  for (let i = 0; i < 200 && events.filter(x => x.type === 'loaded').length < 2; i++) await sleep(50)
  t.ok(decode((await e.complete(ask('open the gate'))).text))
})

t.test('a request that no model can obey fails alone', async t => {
  const { e } = await well
  const bad = (rules: Record<string, Rule>) => e.complete({ ...ask('x'), grammar: { root: 'a', rules } })
  await t.rejects(bad({}), { code: 'grammar_unfit' })
  await t.rejects(bad({ a: seq(ref('a'), lit('x')) }), { code: 'grammar_unfit' })
  await t.rejects(e.complete({ ...ask('x'), maxTokens: 0 }), RangeError)
  t.equal(e.losses, 0)
})

t.test('a cancelled request is given back at once and its sequence is free again', async t => {
  const { e } = await engine(t, { sequences: 1 })
  const cancel = new AbortController()
  const gone = e.complete(ask(long), cancel.signal)
  cancel.abort()
  await t.rejects(gone, { code: 'completion_cancelled' })
  t.ok(decode((await e.complete(ask('lock the gate'))).text))
})

t.test(
  'a broken model is refused before native code sees it, a text too long is refused by name',
  async t => {
    const path = join(t.testdir({}), 'cut.gguf')
    writeFileSync(path, readFileSync(factoryModelPath()).subarray(0, 1_000_000))
    const broken = new SupervisedEngine({ model: { path }, clock: systemClock })
    await t.rejects(broken.start(new AbortController().signal), { code: 'gguf_truncated' })
    t.equal(broken.pid, undefined, 'no child was started')

    const { e } = await engine(t)
    const words = Array.from({ length: 300 }, (_, i) => `w${i}`).join(' ')
    await t.rejects(
      e.complete({ prefix: '<cmd>', prompt: ` ${words}<out>`, grammar: compactGrammar('w1'), maxTokens: 10 }),
      { code: 'prompt_too_long' },
    )
    await e.stop()
    await t.rejects(e.complete(ask('hello')), { code: 'engine_stopped' })
    await e.stop()
  },
)

t.test('the child does not outlive a parent that is killed', async t => {
  const parent = join(t.testdir({}), 'parent.mjs')
  writeFileSync(
    parent,
    `import { SupervisedEngine } from ${JSON.stringify(resolve('dist/daemon/inference/supervisor.js'))}
import { systemClock } from ${JSON.stringify(resolve('dist/daemon/base/clock.js'))}
const e = new SupervisedEngine({ model: { path: ${JSON.stringify(factoryModelPath())} }, clock: systemClock, threads: 1 })
await e.start(new AbortController().signal)
process.send(e.pid)
setInterval(() => {}, 1000)`,
  )
  const child = fork(parent, { execArgv: [] })
  const [pid] = (await once(child, 'message')) as [number]
  t.doesNotThrow(() => process.kill(pid, 0), 'it lives')
  child.kill('SIGKILL')
  let alive = true
  for (let i = 0; i < 100 && alive; i++) {
    await sleep(50)
    try {
      process.kill(pid, 0)
    } catch {
      alive = false
    }
  }
  t.notOk(alive, 'it is gone')
})

t.test('tokens of a SentencePiece vocabulary write blanks and single bytes', async t => {
  const table = {
    model: 'llama',
    tokens: ['<unk>', '<s>', '<0xC3>', '\u2581caf', '\u00e9', '<mark>'],
    token_type: [2, 3, 6, 1, 1, 4],
  }
  t.strictSame(
    table.tokens.map((_, id) => tokenBytes(table, () => '')(id)),
    ['', '', '\xc3', ' caf', '\xc3\xa9', '<mark>'],
  )
})
