import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { listenFiles } from '../../../daemon/cli/listen.js'
import { missingPocketsphinx } from '../../../daemon/voice/engines/pocketsphinx-packages.js'
import { speak, wavOf } from '../../support/speech.js'

const missing = await missingPocketsphinx()
const skip = missing ? `${missing}: apt install pocketsphinx pocketsphinx-en-us espeak-ng` : false
const never = new AbortController().signal

const vocabulary = {
  intent: 'brewTea',
  device: 'tea machine',
  slots: { strength: ['weak', 'extra strong'], tea: ['peppermint', 'chocolate'], extra: ['honey', 'lemon'] },
  openers: ['make me', 'i want'],
  form: 'opener then strength in any order, each optional, then tea, then optionally "with" extra',
}

t.test(
  'recordings become orders with slots, other talk becomes none, a broken file becomes an error',
  { skip },
  async t => {
    const folder = t.testdir({
      'tea.json': JSON.stringify({
        ...vocabulary,
        form: 'opener then strength in any order, each optional, then tea, then optionally "with" extra',
      }),
      'broken.wav': 'this is no sound at all',
      'first.wav': '',
      'second.wav': '',
      'talk.wav': '',
    })
    const write = (name: string, text: string) => writeFileSync(join(folder, name), wavOf(speak(text)))
    write('first.wav', 'make me extra strong peppermint with lemon')
    write('second.wav', 'i want chocolate')
    write('talk.wav', 'my grandmother used to grow tomatoes behind the garage')
    const paths = ['first.wav', 'broken.wav', 'second.wav', 'absent.wav', 'talk.wav'].map(name =>
      join(folder, name),
    )
    const out = join(folder, 'out.jsonl')
    const counts = await listenFiles({ vocabulary: join(folder, 'tea.json'), in: paths, out }, never)
    t.strictSame(counts, { files: 5, orders: 2, failed: 2 })
    const rows = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    t.match(rows, [
      {
        id: 'first',
        intent: 'brewTea',
        slots: { strength: 'extra strong', tea: 'peppermint', extra: 'lemon' },
      },
      { id: 'broken', error: { code: 'audio_unreadable', message: String, remedy: String } },
      { id: 'second', text: 'i want chocolate', intent: 'brewTea', slots: { tea: 'chocolate' } },
      { id: 'absent', error: { code: 'unreadable_file' } },
      { id: 'talk', intent: null, slots: {} },
    ])
    t.strictSame(Object.keys(rows[0]), ['id', 'text', 'intent', 'slots', 'confidence', 'ms'])
  },
)

t.test('a vocabulary that is none is refused before anything is heard', async t => {
  const folder = t.testdir({ 'bad.json': '{"slots": {}}', 'text.json': 'coffee' })
  const run = (name: string) =>
    listenFiles({ vocabulary: join(folder, name), in: [], out: join(folder, 'out') }, never)
  await t.rejects(run('bad.json'), { code: 'invalid_value', message: /intent/ })
  await t.rejects(run('text.json'), { code: 'unreadable_file' })
})
