import { defineErrors } from '../../base/errors.js'

/** What can go wrong with a file that is followed. */
export const errors = defineErrors({
  tail_unreadable: {
    says: (a: { path: string; problem: string }) => `${a.path} cannot be read: ${a.problem}`,
    remedy:
      'Let the user that runs the daemon read the file (for /var/log: `usermod -aG adm <user>`), or correct `path`.',
    retryable: true,
  },
  tail_no_file: {
    says: (a: { path: string }) => `${a.path} is no file that can be followed`,
    remedy: 'Give the path of a plain file; folders and pipes cannot be followed.',
    retryable: true,
  },
  tail_gone: {
    says: (a: { path: string; seconds: number }) => `${a.path} is gone since ${a.seconds} s`,
    remedy: 'Look whether the program that writes it still runs, and whether the disk is full.',
    retryable: true,
  },
})
