import { downgradedText } from '../../src/reading/downgraded-document.ts'
import type { Inspection, ReadOptions } from '../../src/reading/inspection.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { readReply } from '../../src/reading/read-reply.ts'
import type { Reader } from '../../src/reading/reader.ts'
import { schemas } from '../support/documents.ts'

/** A reader in this thread, so that what is thrown is seen as it is, with the CPU time of its dearest look. */
export function createFuzzReader(): Reader & {
  readonly slowest: { ms: number; input: string }
  readonly thrown: string[]
} {
  const slowest = { ms: 0, input: '' }
  const thrown: string[] = []
  const timed = <T>(bytes: Uint8Array, work: () => T): T => {
    const before = process.threadCpuUsage()
    try {
      return work()
    } catch (error) {
      thrown.push(`${error instanceof Error ? error.stack : error} at ${sample(bytes)}`)
      throw error
    } finally {
      const { user, system } = process.threadCpuUsage(before)
      const ms = (user + system) / 1_000
      if (ms > slowest.ms) Object.assign(slowest, { ms, input: sample(bytes) })
    }
  }
  return {
    slowest,
    thrown,
    async warm() {
      schemas()
    },
    async inspect(bytes: Uint8Array, options: ReadOptions = {}): Promise<Inspection> {
      return timed(bytes, () => readDocument(schemas(), bytes, options))
    },
    async readReply(bytes, _peer, charset) {
      return timed(bytes, () => readReply(bytes, charset))
    },
    async downgrade(xml) {
      return timed(Buffer.from(xml), () => downgradedText(schemas(), xml))
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** So that a failure can be looked at again. */
export function sample(bytes: Uint8Array | string): string {
  const buffer = Buffer.from(bytes)
  return buffer.length > 6_000 ? `${buffer.length} bytes` : buffer.toString('base64')
}
