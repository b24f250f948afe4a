import { availableParallelism } from 'node:os'
import type { Reply } from '../rid/contract.ts'
import type { Downgraded } from './downgraded-document.ts'
import { type InTransit, unpacked } from './in-transit.ts'
import type { Inspection, ReadOptions } from './inspection.ts'
import { readPlainReply } from './plain-reply.ts'
import { WorkerPool } from './worker-pool.ts'

export type ReaderRequest =
  | { readonly kind: 'document'; readonly bytes: Uint8Array; readonly options: ReadOptions }
  | { readonly kind: 'downgrade'; readonly bytes: Uint8Array }
  | { readonly kind: 'reply'; readonly bytes: Uint8Array; readonly charset: string | undefined }

export type ReaderResponse = InTransit | Reply | Downgraded

/** Reads strangers' documents in threads of their own. */
export interface Reader extends AsyncDisposable {
  /** Compiles the schemas ahead of the first document; rejects when they do not compile. */
  warm(): Promise<void>
  /**
   * Parses, validates and describes a document. What is wrong with it is in the result; rejects with GatewayError `intake-timeout`,
   * `intake-memory`, `intake-failed` (permanent: the document's fault) or `intake-busy`, `internal` (transient: ours). Whoever it is
   * `from` has its turn among others, and a peer a share of the queue; of a Topic the caller asks for few at a time.
   */
  inspect(bytes: Uint8Array, options?: ReadOptions, from?: Source): Promise<Inspection>
  /** Reads the reply of a RID peer; rejects as `inspect` does. */
  readReply(bytes: Uint8Array, peer: string, charset?: string): Promise<Reply>
  /** Writes an IODEF 2 document as IODEF 1, for this peer; rejects as `inspect` does. */
  downgrade(xml: string, peer: string): Promise<Downgraded>
}

type Source = { readonly peer: string } | { readonly topic: string }

interface ReaderOptions {
  readonly threads?: number
  readonly deadlineMs?: number
  readonly heapMiB?: number
}

const KIB = 1024

/** from so many on, threads that read side by side do not take each other's time */
const CORES = 4

/** A tiny document, to see that the schemas compile. */
const WARM = Buffer.from('<x/>')

export function createReader(options: ReaderOptions = {}): Reader {
  const pool = new WorkerPool<ReaderRequest, ReaderResponse>({
    // type stripping runs the .ts, a packed package the .js
    script: new URL(import.meta.url.endsWith('.ts') ? './reader-worker.ts' : './reader-worker.js', import.meta.url),
    size: options.threads ?? Math.min(4, Math.max(2, availableParallelism())),
    ...(availableParallelism() < CORES && { apart: { patienceMs: 25, startMs: 1_000, gatherMs: 1 } }),
    idleMs: 5 * 60_000,
    deadlineMs: options.deadlineMs ?? 5_000,
    heapMiB: options.heapMiB ?? 1024,
    maxWaiting: 512,
    maxWaitingWeight: 64 * KIB * KIB,
    bigJob: 16 * KIB,
    together: 64 * KIB,
    recycleAbove: 2 * KIB * KIB,
  })
  return {
    warm: () => pool.warm({ kind: 'document', bytes: WARM, options: {} }),
    inspect(bytes, readOptions = {}, from = undefined) {
      const request = { kind: 'document', bytes: own(bytes), options: readOptions } as const
      const isPeer = from !== undefined && 'peer' in from
      const owner = from && ('peer' in from ? `peer ${from.peer}` : `topic ${from.topic}`)
      const reading = pool.run(request, bytes.byteLength, owner, isPeer) as Promise<InTransit>
      return reading.then(unpacked)
    },
    readReply(bytes, peer, charset) {
      // waking a thread costs more than such a reply
      const plain = readPlainReply(bytes, charset)
      if (plain !== undefined) return Promise.resolve(plain)
      const request = { kind: 'reply', bytes: own(bytes), charset } as const
      return pool.run(request, bytes.byteLength, `reply of ${peer}`) as Promise<Reply>
    },
    downgrade(xml, peer) {
      const bytes = Buffer.from(xml)
      const request = { kind: 'downgrade', bytes: own(bytes) } as const
      return pool.run(request, bytes.byteLength, `for ${peer}`) as Promise<Downgraded>
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

/** A message to a thread copies the whole buffer behind a view, which may be a pool of many. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}
