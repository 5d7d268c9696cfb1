/** A web server with ranges in a process of its own: tells its address, and how many bytes it handed out. */
import { serve } from '../../../ota/publisher/serve.js'

const server = await serve({ folder: process.argv[2]! })
process.send?.(server.url)
process.on('message', () => process.send?.(server.bytes()))
