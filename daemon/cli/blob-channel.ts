/** A connection of its own for handing out a repository in blocks. */
import type { BlobChannel } from '../../ota/format/blob.js'
import { describe } from '../base/errors.js'
import { uniqueId } from '../base/random.js'
import { Connection } from '../bus/mqtt/connect.js'
import { blobChannelOf } from '../update-source.js'
import { errors } from './errors.js'
import { shownUrl } from './reach.js'

/** @throws no_broker when the first try fails; later it goes on trying */
export async function openChannel(
  url: string,
  signal: AbortSignal,
): Promise<{ channel: BlobChannel; close(): Promise<void> }> {
  const connection = new Connection({ access: { url }, clientId: `fieldmouse-models-${uniqueId()}` })
  await connection.start(signal)
  const { connected, error } = connection.state
  if (!connected) {
    await connection.stop()
    throw errors.no_broker({
      url: shownUrl(url),
      problem: error ? describe(error.cause ?? error) : 'it hung up',
    })
  }
  return { channel: blobChannelOf(connection), close: () => connection.stop() }
}
