import { availableParallelism } from 'node:os'
import type { Reply } from '../rid/contract.ts'
import type { Inspection, ReadOptions } from './inspection.ts'
import { WorkerPool } from './worker-pool.ts'

export type ReaderRequest =
  | { readonly kind: 'document'; readonly bytes: Uint8Array; readonly options: ReadOptions }
  | { readonly kind: 'reply'; readonly bytes: Uint8Array; readonly charset: string | undefined }

/** Reads strangers' documents in threads of their own. */
export interface Reader extends AsyncDisposable {
  /** Compiles the schemas ahead of the first document; rejects when they do not compile. */
  warm(): Promise<void>
  /**
   * Parses, validates and describes a document. What is wrong with it is in the result; rejects with GatewayError
   * `intake-timeout`, `intake-memory` (permanent: the document's fault) or `intake-busy`, `internal` (transient: ours). `owner`,
   * who sent it, has its turn among others and a share of the queue; without one the caller bounds what it asks for.
   */
  inspect(bytes: Uint8Array, options?: ReadOptions, owner?: string): Promise<Inspection>
  /** Reads a RID peer's reply; rejects as `inspect` does. */
  readReply(bytes: Uint8Array, charset?: string): Promise<Reply>
}

interface ReaderOptions {
  readonly threads?: number
  readonly deadlineMs?: number
  readonly heapMiB?: number
}

const KIB = 1024

/** A tiny document, to see that the schemas compile. */
const WARM = Buffer.from('<x/>')

export function createReader(options: ReaderOptions = {}): Reader {
  const pool = new WorkerPool<ReaderRequest, Inspection | Reply>({
    // type stripping runs the .ts, a packed package the .js
    script: new URL(import.meta.url.endsWith('.ts') ? './reader-worker.ts' : './reader-worker.js', import.meta.url),
    size: options.threads ?? Math.min(4, Math.max(2, availableParallelism())),
    deadlineMs: options.deadlineMs ?? 5_000,
    heapMiB: options.heapMiB ?? 1024,
    maxWaiting: 512,
    maxWaitingWeight: 64 * KIB * KIB,
    bigJob: 64 * KIB,
    recycleAbove: 2 * KIB * KIB,
  })
  return {
    warm: () => pool.warm({ kind: 'document', bytes: WARM, options: {} }),
    inspect: (bytes, readOptions = {}, owner) =>
      pool.run(
        { kind: 'document', bytes: own(bytes), options: readOptions },
        bytes.byteLength,
        owner,
      ) as Promise<Inspection>,
    readReply: (bytes, charset) =>
      pool.run({ kind: 'reply', bytes: own(bytes), charset }, bytes.byteLength, 'replies') as Promise<Reply>,
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

/** A message to a thread copies the whole buffer behind a view, which may be a pool of many. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}
