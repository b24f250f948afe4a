/** A thread of the limit sketch: parses and validates one document after another, and says whether it is valid. */
import { readdirSync, readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { XmlDocument } from 'libxml2-wasm'
import { compileSchemas } from '../src/xml/libxml.ts'

const folder = new URL('../schemas/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.xsd'))
const files = new Map(names.map((name) => [name, readFileSync(new URL(name, folder))] as const))
const schema = compileSchemas(files, ['iodef-rid-2.0.xsd']).get('iodef-rid-2.0.xsd')

parentPort?.on('message', ({ n, body }: { n: number; body: Uint8Array }) => {
  let valid = false
  try {
    const document = XmlDocument.fromBuffer(body)
    schema?.validator.validate(document)
    document.dispose()
    valid = true
  } catch {
    // it is not
  }
  parentPort?.postMessage({ n, valid })
})
