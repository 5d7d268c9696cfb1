/** `fieldmouse ota ...`: the publisher's commands. Loaded only when asked. */
import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { describe } from '../daemon/base/errors.js'
import { parse, z } from '../daemon/base/schema.js'
import type { BlobChannel } from './format/blob.js'
import { CUSTOM_FIELD, FILE_ROLES, type FileRole, mainFile, TargetPromise } from './format/target.js'
import { progressOn } from './progress.js'
import { add } from './publisher/add.js'
import { type Base, baseOf } from './publisher/base.js'
import { delegate } from './publisher/delegate.js'
import { type DeltaOptions, toldDeltas } from './publisher/deltas.js'
import { errors } from './publisher/errors.js'
import { init } from './publisher/init.js'
import { generateKey, listKeys } from './publisher/keys.js'
import { publish } from './publisher/publish.js'
import { Repository } from './publisher/repository.js'
import { revoke } from './publisher/revoke.js'
import { rotate } from './publisher/rotate.js'
import { serve } from './publisher/serve.js'
import { serveBlobs } from './publisher/serve-blobs.js'
import { sign } from './publisher/sign.js'

export interface OtaShell {
  out(line: string): void
  err(line: string): void
  /** Writes over the last line; only where people look at a terminal. */
  rewrite?: (line: string) => void
  signal: AbortSignal
  /** A broker, for `ota serve --broker`. */
  openChannel(url: string): Promise<{ channel: BlobChannel; close(): Promise<void> }>
  /** Looks into the files of an adapter and of its base. @throws when it does not stand on it */
  judgeAdapter(adapter: string, base: string): Promise<void>
  /** Looks into a model of a family where that is no GGUF. @throws when no device would load it */
  judgeModel?(family: string, model: string): Promise<void>
  /** What devices leave the factory with. */
  shipped(): Promise<readonly Base[]>
}

interface AddShell {
  description: string
  file: string[]
  role: string
  base?: string
  delta: boolean
  deltaFrom?: string[]
  deltaFromFile?: string[]
  effort: 'small' | 'fast'
  json?: boolean
}

/** `--roles root=3/2`: three keys, of which two must sign. */
const RoleRule = z
  .string()
  .regex(
    /^(root|targets|snapshot|timestamp)=\d+\/\d+$/,
    'expected a role, its keys and how many must sign: root=3/2',
  )

/**
 * Registers the sub-commands on the `ota` command.
 * @param finish called once by the command that ran, with the exit status
 */
export function registerOta(ota: Command, shell: OtaShell, finish: (code: 0 | 1) => void): void {
  const say = (value: unknown) => shell.out(typeof value === 'string' ? value : JSON.stringify(value))
  const passphrase = async (file?: string) => (file ? (await readFile(file, 'utf8')).trim() : undefined)
  const many = (value: string, before: string[] = []) => [...before, value]

  ota.commandsGroup('A repository of models:')
  ota
    .command('init <folder>')
    .description('make an empty repository: keys, the first root, empty targets, snapshot, timestamp')
    .requiredOption('--keys <folder>', 'where the new keys go; carry those of root and targets away')
    .option('--roles <rule...>', 'root=3/2: three keys, of which two must sign', [])
    .option('--passphrase-file <file>', 'encrypt the keys with its first line')
    .option('--expires <role=days...>', 'how long a role holds, e.g. timestamp=7', [])
    .action(
      async (
        folder: string,
        o: { keys: string; roles: string[]; passphraseFile?: string; expires: string[] },
      ) => {
        const roles = Object.fromEntries(
          o.roles.map(text => {
            const [role, counts] = parse(RoleRule, text, '--roles').split('=') as [string, string]
            const [keys, threshold] = counts.split('/').map(Number)
            return [role, { keys, threshold }]
          }),
        )
        const expiryDays = Object.fromEntries(
          o.expires.map(text => [text.split('=')[0], Number(text.split('=')[1])]),
        )
        const secret = await passphrase(o.passphraseFile)
        const { keyIds } = await init({
          folder,
          keys: o.keys,
          roles,
          expiryDays,
          ...(secret ? { passphrase: secret } : {}),
        })
        say({ folder, root: `${folder}/metadata/1.root.json`, keys: keyIds })
        finish(0)
      },
    )

  const keys = ota.command('keys').description('keys as files')
  keys
    .command('list <folder...>')
    .description('whose keys these are')
    .action(async (folders: string[]) => {
      for (const key of await listKeys(folders)) say({ ...key })
      finish(0)
    })
  keys
    .command('generate <role>')
    .description('make one more key; `ota rotate --add` makes and trusts one in a single step')
    .requiredOption('--keys <folder>', 'where it goes')
    .option('--passphrase-file <file>', 'encrypt it')
    .action(async (role: string, o: { keys: string; passphraseFile?: string }) => {
      say({ keyid: (await generateKey(o.keys, role, await passphrase(o.passphraseFile))).key.keyID })
      finish(0)
    })

  ota
    .command('add <folder>')
    .description('put a bundle into the draft of the targets')
    .requiredOption('--description <file>', 'JSON: family, version, release, needs, evaluation, gates')
    .requiredOption(
      '--file <role=path>',
      `a file of the bundle (${FILE_ROLES.join(', ')}); once for each`,
      many,
    )
    .option('--role <name>', 'who vouches: targets, or a delegated role', 'targets')
    .option('--base <file>', 'for an adapter: the model it stands on; fills in needs.base')
    .option(
      '--delta-from <release>',
      'make a delta from this earlier version, target or `last`; once for each (default: last, if there is one)',
      many,
    )
    .option('--delta-from-file <file>', 'and from a model that is not in the repository', many)
    .option('--no-delta', 'devices load all of it')
    .addOption(
      new Option('--effort <how>', 'small: fewer bytes; fast: a tenth of the time, 1 to 18 % more bytes')
        .choices(['small', 'fast'])
        .default('small'),
    )
    .option('--json', 'print JSON only: no progress, and what was left out as a field')
    .action(async (folder: string, o: AddShell) => {
      const files: Partial<Record<FileRole, string>> = {}
      for (const text of o.file) {
        const cut = text.indexOf('=')
        if (cut < 1)
          throw errors.bad_bundle({ problem: `--file ${text}: give role=path, as in model=my.gguf` })
        files[parse(z.enum(FILE_ROLES), text.slice(0, cut), '--file')] = text.slice(cut + 1)
      }
      const repository = new Repository(folder)
      const promise = await described(o.description)
      if (o.base !== undefined) {
        const { adapter } = files
        if (adapter === undefined) throw errors.bad_bundle({ problem: 'only an adapter has a base' })
        const { judgeAdapter: judge } = shell
        const said = promise.needs?.base
        const known = { repository, adapter, base: o.base, judge, shipped: await shell.shipped() }
        promise.needs = { ...promise.needs, base: await baseOf({ ...known, ...(said ? { said } : {}) }) }
      }
      if (files.model !== undefined) await shell.judgeModel?.(promise.family ?? '', files.model)
      const progress = progressOn(shell)
      const leftOut: string[] = []
      const deltas: DeltaOptions = {
        ...(o.deltaFrom ? { from: o.deltaFrom } : {}),
        ...(o.deltaFromFile ? { fromFiles: o.deltaFromFile } : {}),
        effort: o.effort,
        signal: shell.signal,
        ...(o.json ? {} : { onProgress: progress.tell }),
        onSkip: sentence => {
          progress.end()
          leftOut.push(sentence)
          if (!o.json) shell.err(sentence)
        },
      }
      const bundle = { repository, role: o.role, files, promise: promise as never, deltas: o.delta && deltas }
      const path = await add(bundle).finally(() => progress.end())
      say({ path, ...(o.json && leftOut.length > 0 ? { left_out: leftOut } : {}) })
      finish(0)
    })

  ota
    .command('sign <draft>')
    .description('sign drafts: the folder draft/ of a repository, or a copy of it where the keys are')
    .requiredOption('--keys <folder>', 'folder with keys; once for each', many)
    .option('--roles <role...>', 'only these')
    .option('--passphrase-file <file>', 'of the keys')
    .action(async (draftFolder: string, o: { keys: string[]; roles?: string[]; passphraseFile?: string }) => {
      const secret = await passphrase(o.passphraseFile)
      say(
        await sign({
          draftFolder,
          keys: o.keys,
          ...(secret ? { passphrase: secret } : {}),
          ...(o.roles ? { roles: o.roles } : {}),
        }),
      )
      finish(0)
    })

  ota
    .command('publish <folder>')
    .description('make signed drafts public; without one, renew snapshot and timestamp')
    .requiredOption('--keys <folder>', 'folder with the keys of snapshot and timestamp; once for each', many)
    .option('--passphrase-file <file>', 'of the keys')
    .action(async (folder: string, o: { keys: string[]; passphraseFile?: string }) => {
      const secret = await passphrase(o.passphraseFile)
      say(
        await publish({
          repository: new Repository(folder),
          keys: o.keys,
          ...(secret ? { passphrase: secret } : {}),
        }),
      )
      finish(0)
    })

  ota
    .command('renew <folder> <role>')
    .description('a draft of root, targets or a delegated role that says the same for longer')
    .action(async (folder: string, role: string) => {
      const repository = new Repository(folder)
      const known = ['root', 'targets', ...(await repository.delegatedRoles())]
      if (!known.includes(role)) throw errors.role_unknown({ role })
      await repository.change(role, () => {})
      finish(0)
    })

  ota
    .command('revoke <folder> <path>')
    .description('take a target back: nobody loads it any more, devices that run it go back')
    .requiredOption('--reason <sentence>', 'what devices tell their owner')
    .option('--role <name>', 'who vouched for it', 'targets')
    .action(async (folder: string, path: string, o: { reason: string; role: string }) => {
      await revoke({ repository: new Repository(folder), path, reason: o.reason, role: o.role })
      finish(0)
    })

  ota
    .command('rotate <folder> <role>')
    .description('change who may sign for a role; a new root is signed by the old threshold and the new')
    .requiredOption('--keys <folder>', 'where new keys go')
    .option('--add <count>', 'keys to make', '0')
    .option('--remove <key id...>', 'keys that no longer count')
    .option('--threshold <count>', 'how many must sign')
    .option('--passphrase-file <file>', 'encrypt new keys')
    .action(
      async (
        folder: string,
        role: string,
        o: { keys: string; add: string; remove?: string[]; threshold?: string; passphraseFile?: string },
      ) => {
        const secret = await passphrase(o.passphraseFile)
        const added = await rotate({
          repository: new Repository(folder),
          role,
          keys: o.keys,
          add: Number(o.add),
          ...(o.remove ? { remove: o.remove } : {}),
          ...(o.threshold ? { threshold: Number(o.threshold) } : {}),
          ...(secret ? { passphrase: secret } : {}),
        })
        say({ role, added })
        finish(0)
      },
    )

  ota
    .command('delegate <folder> <line>')
    .description('a targets role for a product line, with keys of its own')
    .requiredOption('--keys <folder>', 'where its keys go')
    .option('--paths <pattern...>', 'what it may vouch for; default <line>/*')
    .option('--threshold <count>', 'how many must sign', '1')
    .option('--count <count>', 'keys to make', '1')
    .action(
      async (
        folder: string,
        name: string,
        o: { keys: string; paths?: string[]; threshold: string; count: string },
      ) => {
        await delegate({
          repository: new Repository(folder),
          name,
          keys: o.keys,
          keyCount: Number(o.count),
          threshold: Number(o.threshold),
          ...(o.paths ? { paths: o.paths } : {}),
        })
        finish(0)
      },
    )

  ota
    .command('list <folder>')
    .description('what is published')
    .action(async (folder: string) => {
      const repository = new Repository(folder)
      for (const role of ['targets', ...(await repository.delegatedRoles())]) {
        if (!(await repository.hasPublished(role))) continue
        for (const [path, target] of Object.entries((await repository.published(role)).signed.targets)) {
          const promise = TargetPromise.safeParse(target.custom[CUSTOM_FIELD])
          if (promise.success)
            say({
              path,
              role,
              family: promise.data.family,
              version: promise.data.version,
              release: promise.data.release,
              sha256: mainFile(promise.data).sha256,
              ...(await toldDeltas(repository, promise.data)),
            })
        }
      }
      finish(0)
    })

  ota
    .command('serve <folder>')
    .description('hand a repository out: by a web server for trying it out, or in blocks over a broker')
    .option('--port <number>', 'default: any free one', '0')
    .option('--host <address>', 'default: this machine only', '127.0.0.1')
    .option('--broker <url>', 'over this broker instead, for devices with `ota.over_broker: on`')
    .option('--root-topic <topic>', 'first levels of the topics', 'fieldmouse')
    .action(async (folder: string, o: { port: string; host: string; broker?: string; rootTopic: string }) => {
      await new Repository(folder).published('timestamp')
      const ended = new Promise(resolve => shell.signal.addEventListener('abort', resolve, { once: true }))
      if (o.broker === undefined) {
        const server = await serve({ folder, port: Number(o.port), host: o.host })
        say({ url: server.url })
        await ended
        await server.close()
      } else {
        const { channel, close } = await shell.openChannel(o.broker)
        const end = await serveBlobs({ channel, folder, root: o.rootTopic })
        say({ broker: o.broker.replace(/\/\/[^@/]*@/, '//'), topics: `${o.rootTopic}/+/blob/get` })
        await ended
        await end()
        await close()
      }
      finish(0)
    })
}

/** What a description may lack until its base is filled in; `add` checks the whole. */
const Described = z.looseObject({
  family: z.string().optional(),
  needs: z.looseObject({ base: z.looseObject({}).optional() }).optional(),
})

/** @throws bad_bundle, invalid_value */
async function described(path: string): Promise<z.output<typeof Described>> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw errors.bad_bundle({ problem: `${path}: ${describe(error)}` }, error)
  }
  return parse(Described, json, path)
}
