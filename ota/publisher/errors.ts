import { defineErrors } from '../../daemon/base/errors.js'

/** What can go wrong while a repository is kept. */
export const errors = defineErrors({
  repository_exists: {
    says: (a: { folder: string }) => `${a.folder} already holds a repository`,
    remedy: 'Choose another folder: making a new root would cut off every device that trusts the old one.',
  },
  not_a_repository: {
    says: (a: { folder: string; missing: string }) =>
      `${a.folder} holds no repository: ${a.missing} is missing`,
    remedy: 'Give the folder that `fieldmouse ota init` made.',
  },
  metadata_broken: {
    says: (a: { path: string; problem: string }) =>
      `${a.path} is not the metadata it should be: ${a.problem}`,
    remedy: 'Take the file from a backup or from what was published last.',
  },
  key_not_readable: {
    says: (a: { path: string; problem: string }) => `the key ${a.path} cannot be read: ${a.problem}`,
    remedy: 'Check the file and its passphrase (`--passphrase-file`).',
  },
  keys_missing: {
    says: (a: { role: string; has: number; needs: number }) =>
      `${a.role} needs ${a.needs} signatures, keys for ${a.has} are at hand`,
    remedy: 'Name the folders of all keys with `--keys`; `fieldmouse ota keys list` shows whose they are.',
  },
  signatures_missing: {
    says: (a: { role: string; has: number; needs: number; by: string }) =>
      `${a.role} bears ${a.has} of the ${a.needs} signatures that ${a.by} asks for`,
    remedy:
      'Carry the folder draft/ to the machine with the keys, run `fieldmouse ota sign` there, and publish then.',
  },
  nothing_to_sign: {
    says: (a: { folder: string }) => `there is no draft in ${a.folder} that these keys may sign`,
    remedy: 'Add, rotate or revoke something first, or name the right keys.',
  },
  bad_bundle: {
    says: (a: { problem: string }) => `the bundle cannot be added: ${a.problem}`,
    remedy: 'Correct the description; docs/ota.md shows one.',
  },
  release_not_newer: {
    says: (a: { family: string; release: number; newest: number }) =>
      `release ${a.release} of ${a.family} is not above ${a.newest}, which is there already`,
    remedy: 'Give the next release number: devices never go below the one they run.',
  },
  delta_source_unknown: {
    says: (a: { name: string; family: string; known: string }) =>
      `there is no earlier release "${a.name}" of ${a.family} (there are: ${a.known})`,
    remedy:
      'Give a version or a path that `fieldmouse ota list` shows, `last`, or a file with `--delta-from-file`.',
  },
  target_unknown: {
    says: (a: { path: string }) => `no target ${a.path} is published`,
    remedy: '`fieldmouse ota list` shows what there is.',
  },
  target_file_missing: {
    says: (a: { path: string; problem: string }) => `the file of target ${a.path} is not right: ${a.problem}`,
    remedy: 'Add the bundle again; devices must find what the metadata promises.',
  },
  role_unknown: {
    says: (a: { role: string }) => `there is no role ${a.role}`,
    remedy: 'Roles are root, targets, snapshot, timestamp and those made by `fieldmouse ota delegate`.',
  },
  key_still_needed: {
    says: (a: { role: string; left: number; needs: number }) =>
      `without that key ${a.role} has ${a.left} keys, and ${a.needs} must sign`,
    remedy: 'Add a key in the same step (`--add`), or lower the threshold.',
  },
})
