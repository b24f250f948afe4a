import { parentPort } from 'node:worker_threads'
import { readDocument } from '../../src/reading/read-document.ts'
import { NODE } from '../../src/xml/native-layout.ts'
import { documentText, schemas } from '../support/documents.ts'

/** A thread whose libxml2 lays out its memory in another way than the one that the gateway was made for. */
Object.assign(NODE, { next: NODE.next + 1 })
const warnings: string[] = []
process.on('warning', ({ message }) => warnings.push(message))
const valid = [1, 2, 3].map(() => readDocument(schemas(), Buffer.from(documentText())).valid)
setImmediate(() => parentPort?.postMessage({ valid, warnings }))
