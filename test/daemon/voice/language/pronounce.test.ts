import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { parseDictionary } from '../../../../daemon/voice/language/dictionary.js'
import { PHONES, phonesOf } from '../../../../daemon/voice/language/phones.js'
import { accented, espeakReader, pronounce } from '../../../../daemon/voice/language/pronounce.js'

const dictionary = parseDictionary(`work W ER K
top T AA P
top(2) T AO P
bus B AH S
lamp L AE M P
door D AO R
;;; a remark
`)
const silent = async (words: readonly string[]) => words.map(() => '')

t.test('words of the dictionary need nothing; others are made from it where they can be', async t => {
  const found = await pronounce(
    ['lamp', 'worktop', "door's", 'lamps', 'buses', 'tv', 'co2', 'zzyzzqq'],
    dictionary,
    silent,
  )
  t.notOk(found.has('lamp'))
  t.strictSame(found.get('worktop'), ['W ER K T AA P'])
  t.strictSame(found.get("door's"), ['D AO R Z'])
  t.strictSame(found.get('lamps')?.[0], 'L AE M P S')
  t.strictSame(found.get('tv'), ['T IY V IY'])
  t.strictSame(found.get('co2'), ['S IY OW T UW'])
  t.notOk(found.has('zzyzzqq'), 'nobody can say it')
})

t.test('espeak-ng reads new names, of other languages too, and nothing in them is an order', async t => {
  const troubles: string[] = []
  const read = espeakReader(problem => troubles.push(problem))
  const mark = join(t.testdir(), 'mark')
  const names = [
    'küche',
    'garaje',
    'roomba',
    'knightly',
    `$(touch${mark})`,
    ';exit',
    '<break/>',
    '日本',
    '-v',
  ]
  const found = await pronounce(names, new Map(), read)
  t.strictSame(troubles, [])
  t.equal(found.get('roomba')?.[0], 'R UW M B AH')
  t.match(found.get('knightly')?.[0], /^N AY T L/)
  t.match(found.get('küche')?.[0], /^K UW/)
  t.notOk(existsSync(mark))
  for (const variants of found.values())
    for (const phones of variants)
      t.ok(
        phones.split(' ').every(p => PHONES.includes(p)),
        phones,
      )
})

t.test('many words are read as one by one', async t => {
  const read = espeakReader(problem => t.fail(problem))
  const words = ['küche', 'of', 'the', 'a', 'wohnzimmer', 'roomba']
  const together = await read(words)
  t.equal(together.length, words.length)
  for (const [i, word] of words.entries()) t.strictSame(await read([word]), [together[i]])
})

t.test('without espeak-ng the rest is still said, and it is told', async t => {
  const troubles: string[] = []
  const found = await pronounce(
    ['worktop', 'grfx'],
    dictionary,
    espeakReader(p => troubles.push(p), 'no-such-program'),
  )
  t.strictSame(found.get('worktop'), ['W ER K T AA P'])
  t.equal(troubles.length, 1)
})

t.test('any text gives known phones or none', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), ipa => {
      const phones = phonesOf(ipa)
      return phones === '' || phones.split(' ').every(p => PHONES.includes(p))
    }),
    { seed: 6 },
  )
  t.equal(phonesOf('tʃ_ˈaɪ_l_d'), 'CH AY L D')
})

t.test('another accent goes beside the dictionary, in its order, where it differs', async t => {
  const british = espeakReader(problem => t.fail(problem), 'espeak-ng', 'en-gb')
  const found = await accented(['door', 'bus', 'top', 'unknownword'], dictionary, british)
  t.strictSame(found.get('door'), ['D AO R', 'D AO'])
  t.notOk(found.has('bus'), 'it sounds the same')
  t.notOk(found.has('unknownword'))
  t.strictSame(found.get('top')?.slice(0, 2) ?? ['T AA P', 'T AO P'], ['T AA P', 'T AO P'])
})
