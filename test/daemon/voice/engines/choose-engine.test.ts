import t from 'tap'
import { chooseEngine, type EngineFact, listEngines } from '../../../../daemon/voice/engines/choose-engine.js'

const pocketsphinx: EngineFact = { engine: 'pocketsphinx', configured: true }
const lacking: EngineFact = {
  ...pocketsphinx,
  missing: 'pocketsphinx_batch is not installed',
  remedy: 'apt install pocketsphinx pocketsphinx-en-us',
}
const sherpa: EngineFact = { engine: 'sherpa-onnx', configured: false }
const wyoming: EngineFact = { engine: 'wyoming', configured: true }

t.test('auto takes what the owner has set up, else what needs no setting up', async t => {
  t.same(chooseEngine('auto', [pocketsphinx, sherpa, wyoming]), { engine: 'wyoming' })
  t.same(chooseEngine('auto', [sherpa, pocketsphinx]), { engine: 'pocketsphinx' })
  t.match(chooseEngine('auto', [lacking, sherpa]), {
    engine: undefined,
    reason: 'no speech engine can run: pocketsphinx: pocketsphinx_batch is not installed',
    remedy: /apt install/,
  })
  t.match(chooseEngine('auto', []), { reason: /none is set up/, remedy: /apt install pocketsphinx/ })
})

t.test('an engine that is named is taken or told missing, never replaced', async t => {
  t.same(chooseEngine('wyoming', [pocketsphinx, wyoming]), { engine: 'wyoming' })
  t.match(chooseEngine('pocketsphinx', [lacking, wyoming]), {
    engine: undefined,
    reason: 'pocketsphinx cannot run: pocketsphinx_batch is not installed',
    remedy: /apt install/,
  })
  t.match(chooseEngine('sherpa-onnx', [pocketsphinx, sherpa]), {
    reason: /nothing is set up/,
    remedy: /voice\.engines\.sherpa/,
  })
  t.match(chooseEngine('whisper.cpp', [pocketsphinx]), { reason: /nothing is set up/ })
})

t.test('doctor gets one line each', async t => {
  t.same(listEngines([wyoming, lacking, sherpa]), [
    { engine: 'sherpa-onnx', ok: false, says: 'sherpa-onnx: not set up' },
    { engine: 'wyoming', ok: true, says: 'wyoming can run' },
    { engine: 'pocketsphinx', ok: false, says: 'pocketsphinx: pocketsphinx_batch is not installed' },
  ])
})
