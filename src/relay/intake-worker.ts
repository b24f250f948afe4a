import { readdirSync, readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { compileSchemas } from '../xml/libxml.ts'
import type { IntakeRequest } from './intake.ts'
import { readDocument, TOP_SCHEMAS } from './reading.ts'
import { readReply } from './reply.ts'

/** One reader thread: compiles our schemas, then reads one document after another. */
const folder = new URL('../../schemas/', import.meta.url)
const files = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.xsd'))
    .map((name) => [name, readFileSync(new URL(name, folder))] as const),
)
const schemas = compileSchemas(files, TOP_SCHEMAS)

parentPort?.on('message', (request: IntakeRequest) => {
  try {
    const response =
      request.kind === 'reply' ? readReply(request.bytes) : readDocument(schemas, request.bytes, request.options)
    parentPort?.postMessage({ response })
  } catch (error) {
    parentPort?.postMessage({ failure: error instanceof Error ? error.message : String(error) })
  }
})
parentPort?.postMessage({ ready: true })
