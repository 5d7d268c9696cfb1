import { defineErrors } from '../../daemon/base/errors.js'

/** What can go wrong between the model on the device and the model it should become. */
export const errors = defineErrors({
  delta_piece_broken: {
    says: (a: { problem: string }) => `a piece of the delta is not what it should be: ${a.problem}`,
    remedy: 'Nothing to do: these bytes are fetched from the whole model instead. Publish the delta again.',
  },
  delta_index_broken: {
    says: (a: { problem: string }) => `the index of the delta can not be used: ${a.problem}`,
    remedy:
      'Publish the delta again, or leave it out: then the whole model is fetched. If that does not help, look at what stands between.',
  },
  delta_not_for_target: {
    says: (a: { problem: string }) => `what describes the new model contradicts itself: ${a.problem}`,
    remedy: 'Publish the model again: its manifest and its file do not belong together.',
  },
  delta_needs_full: {
    says: (a: { bytes: number }) =>
      `${a.bytes} bytes of the new model can not be made from what is on the device, and there is no source for them`,
    remedy: 'Publish the whole model beside the delta, and see that the device can reach it.',
  },
  delta_full_broken: {
    says: (a: { offset: number; length: number }) =>
      `the model as published is not what was signed (bytes ${a.offset} to ${a.offset + a.length})`,
    remedy:
      'Publish the model again; if that does not help, look at what stands between publisher and device.',
  },
  delta_target_mismatch: {
    says: (a: { expected: string; found: string }) =>
      `the finished model has SHA-256 ${a.found.slice(0, 16)}…, signed is ${a.expected.slice(0, 16)}…`,
    remedy:
      'Nothing was installed. Publish the model again: its manifest and its file do not belong together.',
  },
})
