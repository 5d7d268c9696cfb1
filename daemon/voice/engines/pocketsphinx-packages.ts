/** Whether Debian's PocketSphinx is on this machine. Looks at files only: for `doctor`, and before a child is started. */
import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The shared libraries, by the names the dynamic linker knows. */
export const LIBRARIES = ['libsphinxbase.so.3', 'libpocketsphinx.so.3'] as const

/** Where the package `pocketsphinx-en-us` puts its model. */
export const MODEL_FOLDER = '/usr/share/pocketsphinx/model/en-us'

export const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/**
 * @param root of the file system, for tests
 * @returns what is missing, with the package that has it; undefined when all is there
 */
export async function missingPocketsphinx(
  modelFolder: string = MODEL_FOLDER,
  root = '/',
): Promise<string | undefined> {
  // Debian's multiarch: /usr/lib/aarch64-linux-gnu and the like
  const multiarch = (await readdir(join(root, 'usr/lib')).catch(() => []))
    .filter(name => /^[a-z0-9_]+-linux-gnu/.test(name))
    .map(name => join('usr/lib', name))
  const folders = [...multiarch, 'usr/lib', 'usr/lib64', 'usr/local/lib', 'lib']
  for (const library of LIBRARIES) {
    const found = await Promise.all(folders.map(folder => exists(join(root, folder, library))))
    if (!found.includes(true)) return `${library} is not installed (Debian package pocketsphinx)`
  }
  for (const part of ['en-us/mdef', 'cmudict-en-us.dict'])
    if (!(await exists(join(root, modelFolder, part))))
      return `its English model is not installed: no ${join(modelFolder, part)} (Debian package pocketsphinx-en-us)`
  return undefined
}
