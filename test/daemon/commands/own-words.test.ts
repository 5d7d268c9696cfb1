import t from 'tap'
import { systemClock } from '../../../daemon/base/clock.js'
import { decode } from '../../../daemon/commands/compact.js'
import { corroborated } from '../../../daemon/commands/corroborate.js'
import { parseHome } from '../../../daemon/commands/home.js'
import { operations } from '../../../daemon/commands/resolve.js'
import { FactoryStage } from '../../../daemon/commands/stages/factory.js'
import { MemoStage } from '../../../daemon/commands/stages/memo.js'
import { understand } from '../../../daemon/commands/understand.js'
import { SupervisedEngine } from '../../../daemon/inference/supervisor.js'
import { factoryModelPath } from '../../support/model.js'

/*
 * Words that the model never saw, in a home that it does not know: they work from the moment they are written down.
 */

const home = parseHome(
  {
    floors: [{ name: 'Ground floor', aliases: ['rez-de-chaussée'] }, { name: 'First floor' }],
    areas: [
      { name: 'Kitchen', floor: 'ground_floor', aliases: ['Küche', "grandpa's galley"] },
      { name: 'Studio 2', floor: 'first_floor', aliases: ['the blue room'] },
    ],
    devices: [
      { name: 'Pendant', kind: 'light', area: 'kitchen', aliases: ['the big light', 'Deckenleuchte'] },
      { name: 'Shelf strip', kind: 'light', area: 'kitchen', aliases: ["Nan's lamp", 'strip no. 7'] },
      { name: 'Easel spot', kind: 'light', area: 'studio_2', aliases: ['la grande lampe', 'R2-D2'] },
      { name: 'Heat mat', kind: 'switch', area: 'studio_2', aliases: ['old snake rock', '3D printer'] },
      { name: 'Clean water', kind: 'switch', area: 'kitchen', aliases: ['osmosis thing'] },
    ],
    routines: [
      { name: 'Soirée', aliases: ['paint night'], do: ['turn on la grande lampe', 'turn off the big light'] },
    ],
  },
  'test',
)

t.test('odd names of devices and rooms work at once with the factory model', async t => {
  const engine = new SupervisedEngine({
    model: { path: factoryModelPath() },
    clock: systemClock,
    threads: 1,
    sequences: 1,
  })
  await engine.start(new AbortController().signal)
  t.teardown(() => engine.stop())
  const options = { stages: [new FactoryStage(engine)], memo: new MemoStage(0), minConfidence: 0.1 }
  const does = async (text: string) => {
    const u = await understand(text, { home }, options)
    if ('refusal' in u.parsed) return `${u.parsed.refusal.reason}: ${u.parsed.refusal.message}`
    return operations(u.parsed.actions, home, undefined).map(o => `${o.action} ${o.deviceId}`)
  }
  const pairs: [string, string[]][] = [
    ['turn on the big light', ['turn_on light.pendant']],
    ['switch off the deckenleuchte', ['turn_off light.pendant']],
    ["turn on nan's lamp", ['turn_on light.shelf_strip']],
    ['Turn off Nan’s lamp!', ['turn_off light.shelf_strip']],
    ['turn on la grande lampe', ['turn_on light.easel_spot']],
    ['turn off R2-D2', ['turn_off light.easel_spot']],
    ['turn on the old snake rock', ['turn_on switch.heat_mat']],
    ['switch on the 3d printer', ['turn_on switch.heat_mat']],
    ['turn off the osmosis thing', ['turn_off switch.clean_water']],
    ['turn on strip no. 7', ['turn_on light.shelf_strip']],
    ['turn on the lights in the küche', ['turn_on light.pendant', 'turn_on light.shelf_strip']],
    ["turn off the lights in grandpa's galley", ['turn_off light.pendant', 'turn_off light.shelf_strip']],
    ['turn on the lights in the blue room', ['turn_on light.easel_spot']],
    ['paint night', ['turn_on light.easel_spot', 'turn_off light.pendant']],
    ['please start soirée', ['turn_on light.easel_spot', 'turn_off light.pendant']],
  ]
  for (const [text, done] of pairs) t.strictSame(await does(text), done, text)
})

t.test(
  'a doubted reading is taken only where the home knows every name and all else is the verb',
  async t => {
    const bears = (short: string, said: string) => corroborated(decode(short) ?? [], said, home)
    const lamp = '<turn_on><k_light><dev> la grande lampe'
    t.ok(bears(lamp, 'turn on la grande lampe'))
    t.ok(bears(lamp, 'please switch the la grande lampe on'))
    t.ok(bears('<turn_off><k_light><dev> lights<area> küche', 'turn off the lights in the küche'))
    t.ok(bears('<turn_on><k_light><dev> lampe', 'turn on la grande lampe'), 'the sentence names it in full')
    t.notOk(bears(lamp, 'turn off la grande lampe'), 'the contrary')
    t.notOk(bears(lamp, 'la grande lampe'), 'no verb')
    t.notOk(bears(lamp, 'do not turn on la grande lampe'), 'a word that is not understood')
    t.notOk(bears('<turn_on><k_light><dev> la petite lampe', 'turn on la petite lampe'), 'no such name')
    t.notOk(bears(`${lamp}<in> an hour`, 'turn on la grande lampe in an hour'), 'more than a verb')
    t.notOk(
      bears(`${lamp}<turn_on><k_light><dev> pendant`, 'turn on la grande lampe pendant'),
      'two commands',
    )
    t.notOk(bears('<turn_off><k_light><dev> lights<area> attic', 'turn off the lights in the attic'))
  },
)
