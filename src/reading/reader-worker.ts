import { readdirSync, readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { giveBackWhenIdle } from '../give-back.ts'
import { compileSchemas } from '../xml/libxml.ts'
import { downgradedText } from './downgraded-document.ts'
import { TOP_SCHEMAS } from './format.ts'
import { packed } from './in-transit.ts'
import { readDocument } from './read-document.ts'
import { readReply } from './read-reply.ts'
import type { ReaderRequest, ReaderResponse } from './reader.ts'
import type { PoolAnswer, PoolMessage } from './worker-pool.ts'

/** One reader thread: compiles our schemas, then reads one document after another. */
const folder = new URL('../../schemas/', import.meta.url)
const files = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.xsd'))
    .map((name) => [name, readFileSync(new URL(name, folder))] as const),
)
const schemas = compileSchemas(files, TOP_SCHEMAS)
giveBackWhenIdle()

function answer(request: ReaderRequest): PoolAnswer<ReaderResponse> {
  try {
    return { response: respond(request) }
  } catch (error) {
    // what WebAssembly gave up in, and what unwound its stack, stays broken for the documents behind it
    const broken = error instanceof Error && ['RuntimeError', 'RangeError'].includes(error.name)
    return { failure: error instanceof Error ? error.message : String(error), broken }
  }
}

function respond(request: ReaderRequest): ReaderResponse {
  const { kind, bytes } = request
  if (kind === 'reply') return readReply(bytes, request.charset)
  if (kind === 'downgrade') return downgradedText(schemas, Buffer.from(bytes).toString('utf8'))
  return packed(readDocument(schemas, bytes, request.options))
}

parentPort?.on('message', ({ requests }: PoolMessage<ReaderRequest>) => {
  parentPort?.postMessage({ answers: requests.map(answer) })
})
// behind the end of this module: whoever hears it may end this thread
setImmediate(() => parentPort?.postMessage({ ready: true }))
