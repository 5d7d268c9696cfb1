import { defineErrors } from '../../daemon/base/errors.js'

/** What can go wrong while a rollout is prepared or carried out. */
export const errors = defineErrors({
  model_unknown: {
    says: (a: { what: string }) => `which model is meant by ${a.what} is not known here`,
    remedy: 'Give `model.sha256`, or the folder of the published repository with `--repository`.',
  },
  model_ambiguous: {
    says: (a: { what: string; count: number }) => `${a.count} models of the repository are ${a.what}`,
    remedy: 'Give `model.release`, `model.path` or `model.sha256` as well.',
  },
  group_unknown: {
    says: (a: { group: string }) => `no group ${a.group} is listed`,
    remedy: 'List its devices under `groups` of the file: `groups: {north: [pi-1, "barn-*"]}`.',
  },
  nobody_meant: {
    says: (a: { heard: number }) =>
      `none of the ${a.heard} devices that were heard of is meant by this rollout`,
    remedy:
      '`fieldmouse fleet devices` lists who is there, on which board, with which version; see `who` of the file.',
  },
  rollout_differs: {
    says: (a: { name: string; differs: string }) =>
      `there is a rollout ${a.name} already, and it is another one: ${a.differs} differs`,
    remedy: 'Give the new one another name; `fieldmouse fleet status` shows the one there is.',
  },
  rollout_unknown: {
    says: (a: { name: string }) => `there is no rollout ${a.name}`,
    remedy: '`fieldmouse fleet ls` lists them; `fieldmouse fleet start FILE` begins one.',
  },
  rollout_carried_out: {
    says: (a: { name: string }) => `another program carries out ${a.name} now`,
    remedy: 'Follow it with `fieldmouse fleet watch`, stop the other one, or take over with --take-over.',
  },
  rollout_taken_over: {
    says: (a: { name: string }) => `another program has taken over ${a.name}`,
    remedy: 'Nothing to do here: the other one goes on. `fieldmouse fleet watch` follows it.',
  },
  rollout_overlaps: {
    says: (a: { name: string; other: string; devices: number }) =>
      `${a.devices} devices of ${a.name} take part in ${a.other}, which has not come to its end`,
    remedy:
      'A device takes part in one rollout at a time. Let the other one end, stop it (`fieldmouse fleet stop`), or leave its devices out (`who`).',
  },
  order_refused: {
    says: (a: { name: string; problem: string }) => `${a.name}: ${a.problem}`,
    remedy: '`fieldmouse fleet status` shows where the rollout stands.',
  },
  order_unanswered: {
    says: (a: { name: string; timeoutMs: number }) =>
      `the program that carries out ${a.name} did not answer within ${a.timeoutMs} ms`,
    remedy: 'See whether it still runs; `fieldmouse fleet start FILE --take-over` goes on in its place.',
    retryable: true,
  },
  record_broken: {
    says: (a: { where: string; problem: string }) =>
      `what is kept of the rollout cannot be read: ${a.where}: ${a.problem}`,
    remedy:
      'Remove it where the other one (the file, or the retained topic fleet/rollout/<name>) is good: that one is used. Devices are not affected.',
  },
  record_not_kept: {
    says: (a: { path: string; problem: string }) => `the rollout cannot be kept: ${a.path}: ${a.problem}`,
    remedy:
      'Make room or give a folder that can be written with --data; until then no device is told anything new.',
  },
  keys_broken: {
    says: (a: { path: string; problem: string }) =>
      `the keys of devices cannot be read: ${a.path}: ${a.problem}`,
    remedy: 'Put it right or remove it: then keys are learned anew from what devices say of themselves.',
  },
  not_told: {
    says: (a: { device: string; problem: string }) => `${a.device} could not be told: ${a.problem}`,
    remedy: 'It is tried again. See that this user may write to <root>/+/update/desired.',
    retryable: true,
  },
})
