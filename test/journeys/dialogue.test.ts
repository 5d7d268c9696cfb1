import t from 'tap'
import { startMouse } from '../support/mouse.js'

const mouse = await startMouse(t)

/** Says sentences one after the other in one session; answers are texts. */
async function talk(session: string, ...said: string[]) {
  const replies = []
  for (const text of said) replies.push(await mouse.command({ text, session }))
  return replies
}

t.test('what fits several devices is asked about, and a fragment answers it', async t => {
  const [asked, answered] = await talk('one', 'turn on the lamp', 'the desk one')
  t.match(asked, {
    ok: false,
    error: { code: 'ambiguous', message: /^Which lamp: .*Desk.*\?$/ },
    result: { question: String, candidates: [{ id: String }, { id: String }, { id: String }] },
  })
  t.match(answered, {
    ok: true,
    stage: 'rule',
    result: { devices: [{ deviceId: 'light.desk_lamp', action: 'turn_on', result: 'confirmed' }] },
  })
  const [, other] = await talk('two', 'turn on the lamp', 'is the front door locked')
  t.match(other, { ok: true, result: { text: /Front door/ } }, 'what is no answer is a sentence of its own')
  const [late] = await talk('two', 'the desk one')
  t.match(late, { ok: false }, 'a question is open for one sentence')
  const [elsewhere] = await talk('three', 'the desk one')
  t.match(elsewhere, { ok: false }, 'nobody answers the question of another session')
})

t.test('a risky command is done after a yes, and not after anything else', async t => {
  const lock = () => mouse.daemon.registry?.readState('lock.front_door')?.state
  const [asked] = await talk('a', 'unlock the front door')
  t.match(asked, { ok: false, error: { code: 'needs_confirmation' }, result: { question: /Front door/ } })
  t.equal(lock(), 'locked', 'nothing moved')
  t.match((await talk('a', 'no'))[0], { ok: true, result: { devices: [] } })
  t.match((await talk('a', 'yes'))[0], { ok: false }, 'too late: it was left')
  t.equal(lock(), 'locked')
  await talk('a', 'unlock the front door', 'yes please')
  t.equal(lock(), 'unlocked')
  t.match(await mouse.command({ text: 'unlock the front door', dry_run: true }), { ok: true })
  await talk('b', 'lock the front door')
  t.equal(lock(), 'locked')
  t.match(await mouse.command({ text: 'unlock the front door', confirmed: true }), { ok: true })
  t.equal(lock(), 'unlocked', 'a program says that it is meant')
})

t.test('what a command changed is put back, and sentences are about the one before', async t => {
  const state = (id: string) => mouse.daemon.registry?.readState(id)
  const kitchen = () => state('light.kitchen_light')?.state
  const before = kitchen()
  await talk('s', before === 'on' ? 'turn off the kitchen light' : 'turn on the kitchen light')
  t.not(kitchen(), before)
  const [undone] = await talk('s', 'undo that')
  t.match(undone, { ok: true, result: { text: 'Put back: Kitchen light.' } })
  t.equal(kitchen(), before)
  await talk('s', 'turn on the hallway light', 'and the kitchen too')
  t.equal(kitchen(), 'on')
  await talk('s', 'turn it off')
  t.equal(kitchen(), 'off')
  t.equal(state('light.hallway_light')?.state, 'on')
  await talk('s', 'set the desk lamp to 40 percent', 'a bit more')
  t.equal(state('light.desk_lamp')?.attributes.brightness, 65)
  const [nothing] = await talk('new', 'undo that')
  t.match(nothing, { ok: false, error: { code: /nothing_to_undo|out_of_scope|not_understood|not_sure/ } })
  await talk('s', 'set a timer for ten minutes', 'undo that')
  t.match((await talk('s', 'how much time is left'))[0], { result: { text: 'No timer is running.' } })
})

t.test('putting back is a risk too when it unlocks', async t => {
  const lock = () => mouse.daemon.registry?.readState('lock.front_door')?.state
  await mouse.command({ text: 'unlock the front door', session: 's', confirmed: true })
  await talk('s', 'lock the front door')
  t.equal(lock(), 'locked')
  const [asked] = await talk('s', 'undo that')
  t.match(asked, { ok: false, error: { code: 'needs_confirmation' } })
  await talk('s', 'no', 'lock the front door')
  const [instead] = await talk('s', 'no i meant the garage door')
  t.not(instead?.ok && lock() === 'unlocked', true)
  t.equal(lock(), 'locked', 'nothing is unlocked without a yes')
})
