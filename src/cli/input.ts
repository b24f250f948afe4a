import { type FileHandle, open } from 'node:fs/promises'
import { osReason } from '../config/problems.ts'
import { UsageError } from './output.ts'

/** bytes: far above what a RID peer or a Broker takes */
const LIMIT = 64 * 1_048_576

/** The file could not be read; the message says why, for people. */
export class UnreadableError extends Error {}

/** All bytes of a file, or of standard input for `-`. Throws UnreadableError. The limit applies while reading. */
export async function readInput(file: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined
  try {
    if (file === '') throw new UnreadableError('the name of the file is empty')
    if (file !== '-') handle = await open(file)
    const stream = handle === undefined ? process.stdin : handle.createReadStream({ autoClose: false })
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > LIMIT) throw new UnreadableError('it is larger than 64 MiB')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    throw error instanceof UnreadableError ? error : new UnreadableError(osReason(error))
  } finally {
    await handle?.close()
  }
}

/** The same of a file that the command line names: throws UsageError. */
export async function readNamed(file: string): Promise<Uint8Array> {
  try {
    return await readInput(file)
  } catch (error) {
    throw error instanceof UnreadableError ? new UsageError(`${file} cannot be read: ${error.message}`) : error
  }
}
