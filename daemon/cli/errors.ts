import { defineErrors } from '../base/errors.js'

/** What can go wrong on the shell, beside what the rooms say themselves. */
export const errors = defineErrors({
  bad_series: {
    says: (a: { path: string; line: number; problem: string }) => `${a.path}, line ${a.line}: ${a.problem}`,
    remedy:
      'Give CSV with a first line of names, a timestamp first, then numbers, the same columns in each line.',
  },
  no_room_to_measure: {
    says: (a: { folder: string; freeMib: number; needMib: number }) =>
      `measuring writes files of up to ${a.needMib} MiB to ${a.folder}, which has ${a.freeMib} MiB left`,
    remedy: 'Make room, or point data_dir (FIELDMOUSE_DATA) to another disk for the measurement.',
  },
  unknown_model: {
    says: (a: { name: string; known: string }) => `the catalog has no model ${a.name}; it has ${a.known}`,
    remedy: '`fieldmouse models ls` lists the catalog; models of your own go to board.profiles_dir.',
  },
  unreadable_file: {
    says: (a: { path: string; problem: string }) => `${a.path} cannot be read: ${a.problem}`,
    remedy: 'Is the path right, and may this user read the file?',
  },
  no_broker: {
    says: (a: { url: string; problem: string }) => `no broker answers at ${a.url}: ${a.problem}`,
    remedy:
      'Is fieldmouse running? `fieldmouse run` (in a clone `npm start`) runs it with a broker; FIELDMOUSE_BROKER names another one.',
    retryable: true,
  },
  no_daemon: {
    says: (a: { id: string; url: string; state: string }) =>
      `no fieldmouse answers as ${a.id} at ${a.url} (${a.state})`,
    remedy:
      'Is fieldmouse running, and past its start? --id or FIELDMOUSE_ID names another one (`npm start` runs it as `demo`).',
    retryable: true,
  },
  update_stands_still: {
    says: (a: { state: string; timeoutMs: number }) =>
      `nothing moved for ${a.timeoutMs} ms; the update is ${a.state} and goes on by itself`,
    remedy: 'Look again with `fieldmouse ota status`, or give a longer --timeout.',
    retryable: true,
  },
  unknown_port: {
    says: (_: object) => 'the embedded broker takes any free port, so its address is not known here',
    remedy: 'Give the address with --broker or FIELDMOUSE_BROKER; the daemon prints it when it starts.',
  },
})
