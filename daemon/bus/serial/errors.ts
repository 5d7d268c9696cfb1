import { defineErrors } from '../../base/errors.js'

/** What can go wrong with a serial port. */
export const errors = defineErrors({
  serial_binding_missing: {
    says: (a: { problem: string }) => `serial ports cannot be used on this platform: ${a.problem}`,
    remedy:
      'Reinstall with `npm ci` on this very platform; @serialport/bindings-cpp brings ready-made files for Linux on arm, arm64 and x64.',
  },
  serial_port_missing: {
    says: (a: { path: string; problem: string }) => `there is no serial port ${a.path}: ${a.problem}`,
    remedy:
      'Plug the device in, or correct `path`; names below /dev/serial/by-id/ stay the same from one start to the next.',
    retryable: true,
  },
  serial_port_forbidden: {
    says: (a: { path: string; problem: string }) => `${a.path} may not be opened: ${a.problem}`,
    remedy:
      'Let the user that runs the daemon use it: `usermod -aG dialout <user>`, then start the daemon again.',
    retryable: true,
  },
  serial_port_busy: {
    says: (a: { path: string; problem: string }) => `${a.path} is used by another program: ${a.problem}`,
    remedy: 'Stop that program; `fuser <path>` names it. ModemManager and a serial console take ports too.',
    retryable: true,
  },
  serial_port_refused: {
    says: (a: { path: string; problem: string }) =>
      `${a.path} cannot be used with these settings: ${a.problem}`,
    remedy: 'Check that it is a serial port, and that it can do this baud rate, data bits and flow control.',
    retryable: true,
  },
  serial_port_lost: {
    says: (a: { path: string; problem: string }) => `${a.path} went away: ${a.problem}`,
    remedy: 'Look at the plug, the cable and the power of the device; it is opened again by itself.',
    retryable: true,
  },
})
