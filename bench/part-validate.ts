import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeDocument } from '../src/reading/decode-document.ts'
import { TOP_SCHEMAS } from '../src/reading/format.ts'
import { readDocument } from '../src/reading/read-document.ts'
import { findDoctype } from '../src/xml/doctype.ts'
import { isLaidOut } from '../src/xml/layout.ts'
import { compileSchemas, parseBytes, validate } from '../src/xml/libxml.ts'
import { fixtures } from '../test/support/reports.ts'
import { monotonic } from './child.ts'
import { line, median, ratio } from './figures.ts'

const FOLDER = fileURLToPath(new URL('../schemas/', import.meta.url))
/** how often xmllint --repeat does it */
const REPEATS = 100
const ROUNDS = 5

/** Checking documents in one thread against xmllint --schema, which is libxml2 compiled for this machine. */
export async function benchValidate(): Promise<void> {
  const documents = fixtures('valid').filter(({ name }) => !name.startsWith('v1-'))
  const bytes = documents.reduce((sum, document) => sum + document.bytes.length, 0)
  line('documents', `${documents.length}, ${Math.round(bytes / 1024)} KiB, each ${REPEATS} times, one thread`)
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.xsd'))
  const files = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(FOLDER, name))] as const)),
  )
  const schemas = compileSchemas(files, TOP_SCHEMAS)
  const schema = schemas.get('iodef-2.0.xsd')
  if (schema === undefined) throw new Error('no schema')

  const check = () => {
    for (const document of documents) {
      const decoded = decodeDocument(document.bytes, undefined)
      if (!decoded.ok || findDoctype(decoded.text) !== undefined) throw new Error(document.name)
      const { text, utf8 = Buffer.from(text) } = decoded
      const parsed = parseBytes(utf8, text, !isLaidOut(text))
      if (!parsed.ok) throw new Error(document.name)
      const { total } = validate(parsed.document, schema)
      parsed.document.dispose()
      if (total > 0) throw new Error(document.name)
    }
  }
  const everything = () => {
    for (const document of documents) if (!readDocument(schemas, document.bytes).valid) throw new Error(document.name)
  }

  const dir = await mkdtemp(join(tmpdir(), 'bench-'))
  try {
    const at = await Promise.all(
      documents.map(async ({ name, bytes: content }) => {
        await writeFile(join(dir, name), content)
        return join(dir, name)
      }),
    )
    // what it takes to start and to compile the schema is not counted
    const xmllint = () => lint(['--repeat', ...at]) - lint(at)
    const figures = { xmllint: [] as number[], check: [] as number[], everything: [] as number[] }
    for (let i = 0; i < 3; i += 1) everything()
    for (let round = 0; round < ROUNDS; round += 1) {
      figures.xmllint.push(xmllint() / (REPEATS - 1))
      figures.check.push(time(check))
      figures.everything.push(time(everything))
    }
    const persecond = (ms: number) =>
      `${Math.round((documents.length / ms) * 1000).toLocaleString('en')} documents/s, ${(bytes / 1024 / 1.024 / ms).toFixed(1)} MB/s`
    const [native, ours, all] = [median(figures.xmllint), median(figures.check), median(figures.everything)]
    line('xmllint --schema', persecond(native))
    line('decode, parse, validate', persecond(ours))
    line('all that the gateway reads of a document', persecond(all))
    ratio('validation against xmllint', native, ours, 0.9)
    line('everything against xmllint: ratio', (native / all).toFixed(2))
  } finally {
    await rm(dir, { recursive: true })
  }
}

function time(work: () => void): number {
  const began = monotonic()
  for (let i = 0; i < REPEATS; i += 1) work()
  return (monotonic() - began) / REPEATS
}

/** milliseconds of one run */
function lint(args: readonly string[]): number {
  const began = monotonic()
  const { status, stderr } = spawnSync(
    'xmllint',
    ['--noout', '--nonet', '--schema', join(FOLDER, 'iodef-2.0.xsd'), ...args],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  if (status !== 0) throw new Error(stderr.toString().slice(0, 500))
  return monotonic() - began
}
