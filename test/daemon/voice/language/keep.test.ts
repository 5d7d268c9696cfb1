import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Home } from '../../../../daemon/commands/home.js'
import type { HomeSpeech } from '../../../../daemon/voice/language/build.js'
import { keptBuilder } from '../../../../daemon/voice/language/keep.js'

const home = (area: string): Home => ({
  id: 'h',
  name: 'H',
  units: 'metric',
  floors: [],
  areas: [{ id: area, name: area, aliases: [] }] as unknown as Home['areas'],
  devices: [],
  routines: [],
})
const speech: HomeSpeech = {
  id: 'x',
  ngram: 'arpa',
  hints: ['kitchen'],
  names: [{ name: 'kitchen', phones: 'K IH CH AH N' }],
  pronunciations: new Map([['kitchenette', ['K', 'IH']]]),
  sounds: new Map([['kitchen', 'K IH CH AH N']]),
  spellings: new Map([['office two', 'office 2']]),
}
const { signal } = new AbortController()

t.test(
  'the same home has its language at once after a restart; another home, a torn file or a trouble does not',
  async t => {
    const path = join(t.testdir(), 'language.json')
    let built = 0
    let troubles: string[] = []
    const onTrouble = () => {}
    const builder = () =>
      keptBuilder(async () => ({ speech: { ...speech, id: `x${++built}` }, troubles }), { path, onTrouble })
    t.equal((await builder()(home('kitchen'), signal)).speech.id, 'x1')
    const again = await builder()(home('kitchen'), signal)
    t.strictSame(again.speech, { ...speech, id: 'x1' }, 'whole, maps and all')
    t.equal((await builder()(home('attic'), signal)).speech.id, 'x2')
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 100))
    t.equal((await builder()(home('attic'), signal)).speech.id, 'x3')
    troubles = ['no espeak-ng']
    t.equal((await builder()(home('cellar'), signal)).speech.id, 'x4')
    t.equal(
      (await builder()(home('cellar'), signal)).speech.id,
      'x5',
      'what was built with a trouble is tried again',
    )
  },
)

t.test('a disk that cannot be written costs nothing but the next start', async t => {
  const told: string[] = []
  const builder = keptBuilder(async () => ({ speech, troubles: [] }), {
    // a file where the folder should be
    path: join(t.testdir({ data: '' }), 'data', 'language.json'),
    onTrouble: problem => told.push(problem),
  })
  t.equal((await builder(home('kitchen'), signal)).speech.id, 'x')
  t.equal(told.length, 1)
})
