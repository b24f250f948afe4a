import { readdirSync, readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { Reply } from '../rid/contract.ts'
import { compileSchemas } from '../xml/libxml.ts'
import { TOP_SCHEMAS } from './format.ts'
import type { Inspection } from './inspection.ts'
import { readDocument } from './read-document.ts'
import { readReply } from './read-reply.ts'
import type { ReaderRequest } from './reader.ts'
import type { PoolAnswer, PoolMessage } from './worker-pool.ts'

/** One reader thread: compiles our schemas, then reads one document after another. */
const folder = new URL('../../schemas/', import.meta.url)
const files = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.xsd'))
    .map((name) => [name, readFileSync(new URL(name, folder))] as const),
)
const schemas = compileSchemas(files, TOP_SCHEMAS)

function answer(request: ReaderRequest): PoolAnswer<Inspection | Reply> {
  try {
    const { kind, bytes } = request
    const isReply = kind === 'reply'
    return { response: isReply ? readReply(bytes, request.charset) : readDocument(schemas, bytes, request.options) }
  } catch (error) {
    // what WebAssembly gave up in, and what unwound its stack, stays broken for the documents behind it
    const broken = error instanceof Error && ['RuntimeError', 'RangeError'].includes(error.name)
    return { failure: error instanceof Error ? error.message : String(error), broken }
  }
}

parentPort?.on('message', ({ requests }: PoolMessage<ReaderRequest>) => {
  parentPort?.postMessage({ answers: requests.map(answer) })
})
// behind the end of this module: whoever hears it may end this thread
setImmediate(() => parentPort?.postMessage({ ready: true }))
