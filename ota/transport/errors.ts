import { defineErrors } from '../../daemon/base/errors.js'

/** What can go wrong between a repository and a device. */
export const errors = defineErrors({
  source_not_found: {
    says: (a: { path: string; source: string }) => `${a.source} has no ${a.path}`,
    remedy:
      'Publish the repository whole: metadata/ and targets/ belong together. It is tried again by itself.',
    retryable: true,
  },
  source_unreachable: {
    says: (a: { path: string; source: string; problem: string }) =>
      `${a.path} could not be read from ${a.source}: ${a.problem}`,
    remedy:
      'It is tried again by itself; if it stays so, check the network, the address, the stick, or for the broker that `fieldmouse ota serve --broker` runs.',
    retryable: true,
  },
  source_refused: {
    says: (a: { path: string; source: string; status: number }) =>
      `${a.source} refused ${a.path} with HTTP status ${a.status}`,
    remedy: 'Check the address and the rights of the device on that server.',
  },
  source_busy: {
    says: (a: { path: string; source: string; status: number; retryAfterMs?: number }) =>
      `${a.source} is busy (HTTP status ${a.status} for ${a.path})`,
    remedy: 'It is tried again by itself, as late as the server asks.',
    retryable: true,
  },
  source_without_ranges: {
    says: (a: { path: string; source: string }) => `${a.source} sends ${a.path} only from its start`,
    remedy: 'Models are loaded whole from there. A server that knows ranges (RFC 9110, 14) saves most of it.',
  },
  path_not_allowed: {
    says: (a: { path: string }) => `"${a.path.slice(0, 100)}" leads out of the repository`,
    remedy: 'Paths in a repository are relative and hold no `..`.',
  },
  too_slow: {
    says: (a: { path: string; bytesPerSecond: number; floor: number }) =>
      `${a.path} comes at ${a.bytesPerSecond} bytes a second, slower than the ${a.floor} that are bearable`,
    remedy:
      'A server that drips is a bad link or an attack: it is tried again later; lower `ota.min_bytes_per_second` for a poor link.',
    retryable: true,
  },
  past_deadline: {
    says: (a: { path: string; deadlineMs: number }) => `${a.path} did not arrive within ${a.deadlineMs} ms`,
    remedy: 'It is tried again by itself and goes on where it was.',
    retryable: true,
  },
  too_long: {
    says: (a: { path: string; most: number }) => `${a.path} is longer than the ${a.most} bytes it may have`,
    remedy: 'Endless data is an attack or a broken server: nothing of it was kept.',
  },
  cut_short: {
    says: (a: { path: string; has: number; expected: number }) =>
      `${a.path} ended after ${a.has} of ${a.expected} bytes`,
    remedy: 'It is tried again by itself and goes on where it was.',
    retryable: true,
  },
})
