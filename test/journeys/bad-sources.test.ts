/** Sources at their worst, all at once: the daemon stays small, hears the others, answers, and tells of each once. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { needsMosquitto } from '../support/broker.js'
import { needsSocat, openPtyPair, type PtyPair } from '../support/serial.js'
import { startSite } from '../support/site.js'

const MOST_RSS_MIB = 512

t.test(
  'noise, endless lines, ten megabytes, broken text and 100,000 kinds of lines at once',
  { ...needsMosquitto, ...needsSocat },
  async t => {
    const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-bad-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
    const [noisy, endless, good] = await Promise.all([openPtyPair(t), openPtyPair(t), openPtyPair(t)])
    const long = join(folder, 'long.log')
    const broken = join(folder, 'broken.log')
    for (const file of [long, broken]) writeFileSync(file, '')
    const site = await startSite(
      t,
      {
        sources: {
          serial: [
            { path: noisy.port, name: 'noisy', baud: 921_600 },
            { path: endless.port, name: 'endless', baud: 921_600, max_line_bytes: 16_384 },
            { path: good.port, name: 'good' },
          ],
          tail: [
            { path: long, name: 'long', max_bytes_per_second: 20_000_000 },
            { path: broken, name: 'broken' },
          ],
          mqtt: [{ topic: 'junk', source: 'junk' }, { topic: 'junk/+' }, { topic: 'csv', source: 'csv' }],
        },
        triage: { flood_alarms: 100 },
      },
      { process: true },
    )
    await site.ask('triage', 'warm up')
    const before = site.process.rssMiB()

    let storming = true
    const waits: number[] = []
    const asking = (async () => {
      for (let i = 0; storming; i++) {
        const began = performance.now()
        await site.ask('triage', { lines: [`line ${i} of a machine that is well`], source: 'bystander' })
        waits.push(performance.now() - began)
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    })()
    const seconds = 2
    const storm = Promise.all([
      paced(noisy, () => randomBytes(9_216), seconds),
      paced(endless, () => Buffer.alloc(9_216, 'no end '), seconds),
      (async () => {
        for (let i = 0; i < 2; i++) {
          await appendFile(long, `${'no end '.repeat(7e5)} ${'漢字'.repeat(8e5)}\nnext line ${i}\n`)
          await new Promise(resolve => setTimeout(resolve, 1_000))
        }
      })(),
      appendFile(
        broken,
        Buffer.concat(
          Array.from({ length: 400 }, (_, i) =>
            Buffer.from(
              `\xc3\x28\x00 \x1b[2J\x1b]0;owned\x07 value ${i} \xf0\x28\x8c\xbc\xff\xfe\x80\x00\x00\xed\xa0\x80\n`,
              'latin1',
            ),
          ),
        ),
      ),
      (async () => {
        for (let i = 0; i < 50; i++) {
          await site.publish('junk', kinds(1000))
          await site.publish(`junk/${i}`, kinds(1000))
        }
      })(),
      (async () => {
        for (let i = 0; i < 200; i++) {
          const columns = ['time', 'temp', 'flow', 'rpm', 'bar'].slice(0, 2 + (i % 4)).reverse()
          await site.publish(
            'csv',
            `${columns.join(',')}\n${columns.map((_, c) => 20 + c * 1000 + i).join(',')}`,
          )
        }
      })(),
    ])
    await new Promise(resolve => setTimeout(resolve, 500))
    const began = performance.now()
    const [, alarmMs] = await Promise.all([
      good.write('G-1 tank leak detected ALARM\n'),
      site.incidentOf('good').then(() => performance.now() - began),
    ])
    const asked = performance.now()
    t.match(await site.ask('command', 'turn on the kitchen light'), { ok: true })
    const commandMs = performance.now() - asked
    await storm
    for (const source of ['noisy', 'endless', 'long', 'junk']) await site.incidentOf(source)
    storming = false
    await asking

    waits.sort((a, b) => a - b)
    const rss = site.process.rssMiB()
    t.comment(
      `memory ${before.now} -> ${rss.now}, at most ${rss.most} MiB; ${waits.length} lines judged meanwhile, half within ${ms(waits[waits.length >> 1])}, all within ${ms(waits.at(-1))}; alarm ${ms(alarmMs)}, command ${ms(commandMs)}`,
    )
    t.ok(rss.most < MOST_RSS_MIB, `at most ${rss.most} MiB`)
    t.ok((waits.at(-1) ?? 0) < 1_000, `another source is judged within ${ms(waits.at(-1))}`)
    t.ok(alarmMs < 2_000, `its alarm is told within ${ms(alarmMs)}`)
    t.ok(commandMs < 2_000, `a command is answered within ${ms(commandMs)}`)

    const of = (source: string) => [...site.incidents.values()].filter(i => i.source === source)
    for (const [source, what] of [
      ['noisy', /no text/],
      ['endless', /no text/],
      ['long', /no text/],
      ['junk', /new kinds of lines without end|source floods/],
    ] as const) {
      t.equal(of(source).length, 1, `one incident of ${source}`)
      // a piece of noise may look like a line and be an alarm too, in the same incident
      t.match(
        of(source)[0]
          ?.alarms.map(a => a.label)
          .join(', '),
        what,
      )
    }
    t.ok(of('broken').length <= 1)
    t.equal(of('csv').length, 0, `columns that change are no incident: ${of('csv')[0]?.summary}`)
    for (const text of site.latest.values())
      if (/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(text))
        t.fail(`raw bytes went out: ${JSON.stringify(text.slice(0, 200))}`)
  },
)

/** Distinct kinds of lines: no two have a word in common. */
function kinds(many: number): string {
  let lines = ''
  for (let i = 0; i < many; i++) {
    const word = () =>
      randomBytes(5)
        .toString('hex')
        .replace(/\d/g, d => 'ghijklmnop'[Number(d)]!)
    lines += `${word()} ${word()} ${word()} ${word()}\n`
  }
  return lines
}

/** As a port of 921,600 baud would: 92,160 bytes a second, for so long. */
async function paced(cable: PtyPair, make: () => Buffer, seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 10; i++) {
    await cable.write(make())
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

const ms = (value: number | undefined) => `${Math.round(value ?? 0)} ms`
