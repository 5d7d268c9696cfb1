import { defineErrors } from '../../daemon/base/errors.js'

/** What can go wrong between trusted metadata and a model that answers. */
export const errors = defineErrors({
  metadata_expired: {
    says: (a: { file: string; clock: string }) => `${a.file} has expired (${a.clock})`,
    remedy:
      'The publisher must renew it (`fieldmouse ota publish`); if the clock of this board is wrong, set it or wait for NTP. What runs stays.',
    retryable: true,
  },
  signatures_not_enough: {
    says: (a: { file: string; problem: string }) =>
      `${a.file} does not bear the signatures it needs: ${a.problem}`,
    remedy:
      'Nothing of it was used. `ota.root` is that of another repository, somebody else signed it, or keys were changed without a new root: ask the publisher.',
  },
  metadata_rolled_back: {
    says: (a: { file: string; problem: string }) =>
      `${a.file} is older than what this device has seen: ${a.problem}`,
    remedy: 'Nothing of it was used. A mirror is stale or somebody plays back old files: ask the publisher.',
    retryable: true,
  },
  metadata_mismatch: {
    says: (a: { file: string; problem: string }) =>
      `${a.file} is not the one that was signed for: ${a.problem}`,
    remedy:
      'Nothing of it was used. Files of different times are mixed, or one was changed; it is tried again later.',
    retryable: true,
  },
  metadata_malformed: {
    says: (a: { file: string; problem: string }) =>
      `${a.file} is not metadata of The Update Framework: ${a.problem}`,
    remedy: 'Check that the address leads to the repository and not to a login page or a proxy.',
    retryable: true,
  },
  no_trust_anchor: {
    says: (a: { path: string }) => `there is no root to trust at ${a.path}`,
    remedy: 'Set `ota.root` to the 1.root.json of your repository; without it no update can be judged.',
  },
  not_as_signed: {
    says: (a: { path: string }) => `${a.path} is not what was signed`,
    remedy: 'Nothing of it was used. Look at the repository and at what stands between it and the device.',
  },
  delta_of_no_use: {
    says: (a: { path: string; problem: string }) =>
      `${a.path} is loaded whole, its difference is of no use: ${a.problem}`,
    remedy: 'Nothing to do on the device; its publisher may add the release again.',
  },
  wrong_length: {
    says: (a: { path: string; has: number; expected: number }) =>
      `${a.path} has ${a.has} bytes, ${a.expected} were signed for`,
    remedy:
      'It was thrown away and will be loaded again; if it stays so, the repository or the disk is broken.',
    retryable: true,
  },
  wrong_hash: {
    says: (a: { path: string; found: string; expected: string }) =>
      `${a.path} has SHA-256 ${a.found.slice(0, 16)}…, ${a.expected.slice(0, 16)}… was signed for`,
    remedy:
      'It was thrown away and will be loaded again; if it stays so, the repository or the disk is broken.',
    retryable: true,
  },
  not_a_model: {
    says: (a: { path: string; problem: string }) => `${a.path} is signed but is no model: ${a.problem}`,
    remedy: 'The publisher must add it again; this release is not tried any more.',
  },
  no_room: {
    says: (a: { needsMiB: number; freeMiB: number; keepMiB: number }) =>
      `the update needs ${a.needsMiB} MiB, ${a.freeMiB} MiB is free and ${a.keepMiB} MiB of it stays free`,
    remedy: 'Make room, or lower `ota.keep_free_mib`. What runs stays.',
    retryable: true,
  },
  over_limit: {
    says: (a: { needsMiB: number; limitMiB: number }) =>
      `two slots would hold ${a.needsMiB} MiB, the limit is ${a.limitMiB} MiB`,
    remedy: 'Raise `ota.max_disk_mib`, or publish a smaller quantization.',
  },
  trial_failed: {
    says: (a: { reasons: string }) => `the trial on this device was not passed: ${a.reasons}`,
    remedy: 'What ran before goes on; this release is not tried again. Its publisher should see the figures.',
  },
  trial_died: {
    says: (a: { times: number }) => `the trial ended the process or the device ${a.times} times`,
    remedy: 'What ran before goes on; this release is not tried again. Memory is the usual cause.',
  },
  worse_in_use: {
    says: (a: { reason: string }) => `it did worse in use: ${a.reason}`,
    remedy: 'The model before it answers again; this release is not tried again.',
  },
  revoked: {
    says: (a: { reason: string }) => `its publisher took it back: ${a.reason}`,
    remedy: 'The model before it answers again.',
  },
  state_step_hung: {
    says: (a: { state: string; deadlineMs: number }) => `${a.state} did not end within ${a.deadlineMs} ms`,
    remedy: 'It is tried again by itself.',
    retryable: true,
  },
  disk_refused: {
    says: (a: { path: string; problem: string }) => `${a.path} could not be written: ${a.problem}`,
    remedy: 'Check room, rights and health of the disk. What runs stays.',
    retryable: true,
  },
  no_model_left: {
    says: (a: { folder: string; problem: string }) =>
      `no slot in ${a.folder} holds a whole model: ${a.problem}`,
    remedy: 'Install the package again: the factory model belongs to it.',
  },
  base_gone: {
    says: (a: { family: string }) => `the base model (${a.family}) of the adapter is not here any more`,
    remedy: 'Publish the adapter again for the base that runs; until then the model before it answers.',
  },
  updater_running: {
    says: (a: { pid: number; folder: string }) => `process ${a.pid} already updates ${a.folder}`,
    remedy: 'Ask the running daemon over MQTT, or stop it first.',
  },
  no_update_source: {
    says: (_: object) => 'no repository is configured',
    remedy: 'Set `ota.url`, `ota.folder` or `ota.over_broker` (docs/ota.md).',
  },
  nothing_to_go_back_to: {
    says: (_: object) => 'the factory model runs: there is nothing before it',
    remedy: 'Nothing to do.',
  },
})
