import {
  ParseOption,
  XmlC14NMode,
  XmlDocument,
  XmlLibError,
  XsdValidator,
  xmlCleanupInputProvider,
  xmlRegisterInputProvider,
} from 'libxml2-wasm'
import {
  error,
  XmlErrorStruct,
  xmlCtxtSetErrorHandler,
  xmlFreeDoc,
  xmlGetIntSubset,
  xmlReadMemory,
  xmlReadString,
  xmlSchemaSetValidStructuredErrors,
  xmlSchemaValidateDoc,
} from 'libxml2-wasm/lib/libxml2.mjs'
import { NS } from './namespaces.ts'
import { refresh } from './native-memory.ts'
import {
  dropValidator,
  type Finding,
  type Findings,
  ParsedDocument,
  renewedParser,
  type Schema,
  validatorFor,
} from './parsed-document.ts'
import { declaredElements } from './schema-files.ts'
import { inWords } from './well-formed-words.ts'

export type { Findings, ParsedDocument, Parser, Schema } from './parsed-document.ts'

/**
 * The only module that has libxml2 do anything; native-memory.ts is where its answers are read. Options: no external entities, no network,
 * no catalogues; nothing that expands or loads (NOENT, DTDLOAD, DTDATTR, DTDVALID, XINCLUDE, HUGE, RECOVER) is ever set. IGNORE_ENC: the
 * text was decoded before (decode.ts), whatever its declaration says.
 */
const OPTIONS =
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_NO_SYS_CATALOG |
  ParseOption.XML_PARSE_IGNORE_ENC |
  ParseOption.XML_PARSE_BIG_LINES

/** libxml2's wrapper works out a path for every error, which makes a flood of errors quadratic: 1.2 MB blocked for 16 s. */
const ERROR_CAP = 20
let collected = 0
const { node, message, level } = XmlErrorStruct
XmlErrorStruct.node = (error) => {
  collected += 1
  return collected > ERROR_CAP ? 0 : node(error)
}
XmlErrorStruct.message = (error) => (collected >= ERROR_CAP ? '' : message(error))

/**
 * What libxml2 tells as of an error, goes on after, and other parsers do not ask: a namespace name that is no URI (names like
 * `C:\schemas\\x.xsd` stand in reports of real tools), an xml:id that is no name or stands there twice (iodef/identifiers.ts asks, where
 * it is ours).
 */
const HARMLESS: ReadonlySet<number> = new Set([99, 539, 513])
const WARNING = 1
/** xmlError begins with domain, code, message and level, four bytes each; the wrapper reads no code. */
const code = (error: number) => level(error - 8)
let codes: number[] = []
XmlErrorStruct.level = (error) => {
  if (codes.length < ERROR_CAP) codes.push(code(error))
  return HARMLESS.has(code(error)) ? WARNING : level(error)
}

type Parsed = { readonly ok: true; readonly document: ParsedDocument } | ({ readonly ok: false } & Findings)

/** What libxml2 was asked to do since the process began. */
export const tally = { parses: 0, validations: 0 }

/** Parses; the caller disposes of the document. Refuses what is not well-formed or not namespace-well-formed. */
export function parseText(text: string): Parsed {
  return parseBytes(Buffer.from(text), text)
}

/**
 * The same of `text` in UTF-8, which is at hand already. `blanks` false: white space beside elements is left out, which is more than half of
 * the nodes of a text that people can read (layout.ts says where that is as good).
 */
export function parseBytes(bytes: Uint8Array, text: string, blanks = true): Parsed {
  // libxml2 has no word for it
  if (text === '') return { ok: false, errors: [{ line: 1, column: 1, message: 'There is nothing in it.' }], total: 1 }
  const outcome = collect(() => parse(bytes, text, blanks))
  if (!outcome.ok) {
    const errors = inWords(outcome.errors, text)
    return { ok: false, errors, total: errors.length }
  }
  const document = outcome.value
  if (xmlGetIntSubset(document.pointer) === 0) return { ok: true, document }
  document.dispose()
  const message = 'A document type declaration is not allowed.'
  return { ok: false, errors: [{ line: 1, column: 1, message }], total: 1 }
}

/** Of bytes, since libxml2's wrapper makes them of a string one character at a time; they have no word for half a character (U+D800 to U+DFFF). */
function parse(bytes: Uint8Array, text: string, blanks: boolean): ParsedDocument {
  const options = blanks ? OPTIONS : OPTIONS | ParseOption.XML_PARSE_NOBLANKS
  const used = renewedParser()
  used.parsed += bytes.length
  tally.parses += 1
  return collecting((index, details) => {
    xmlCtxtSetErrorHandler(used.context, error.errorCollector, index)
    const pointer = text.isWellFormed()
      ? xmlReadMemory(used.context, bytes, null, null, options)
      : xmlReadString(used.context, text, null, null, options)
    refresh()
    if (pointer !== 0 && details.every(({ level }) => level <= WARNING)) {
      return new ParsedDocument(pointer, details.length > 0, used, blanks)
    }
    if (pointer !== 0) xmlFreeDoc(pointer)
    throw new XmlLibError('Failed to parse XML', details)
  })
}

type Detail = XmlLibError['details'][number]

/** Calls libxml2 with a place for what it tells. */
function collecting<T>(work: (index: number, details: Detail[]) => T): T {
  const details: Detail[] = []
  const index = error.storage.allocate(details)
  try {
    return work(index, details)
  } finally {
    error.storage.free(index)
  }
}

/**
 * Compiles schemas from texts held in memory: `files` by name, `tops` the names to compile. Afterwards nothing can be
 * opened any more: libxml2 has no other way to read a file.
 */
export function compileSchemas(files: ReadonlyMap<string, Uint8Array>, tops: readonly string[]): Map<string, Schema> {
  const open = new Map<number, { bytes: Uint8Array; at: number }>()
  let next = 1
  xmlRegisterInputProvider({
    match: () => true,
    open: (url) => {
      const bytes = files.get(url.slice(url.lastIndexOf('/') + 1))
      if (bytes === undefined) return undefined
      open.set(next, { bytes, at: 0 })
      next += 1
      return next - 1
    },
    read: (fd, buffer) => {
      const file = open.get(fd)
      if (file === undefined) return -1
      const part = file.bytes.subarray(file.at, file.at + buffer.byteLength)
      buffer.set(part)
      file.at += part.byteLength
      return part.byteLength
    },
    close: (fd) => open.delete(fd),
  })
  try {
    const compiled = new Map<string, Schema>()
    for (const top of tops) {
      const bytes = files.get(top)
      if (bytes === undefined) throw new Error(`schema ${top} is missing`)
      const source = XmlDocument.fromBuffer(bytes, { url: `schema:/${top}`, option: OPTIONS })
      try {
        compiled.set(top, { validator: XsdValidator.fromDoc(source), elements: declaredElements(files, top) })
      } finally {
        source.dispose()
      }
    }
    return compiled
  } finally {
    xmlCleanupInputProvider()
  }
}

/** Whether a document is valid: asked once of each. */
export function validate(document: ParsedDocument, schema: Schema): Findings {
  if (document.validity?.schema === schema) return document.validity.findings
  const outcome = collect(() => check(document, schema))
  const findings = outcome.ok ? VALID : outcome
  document.validity = { schema, findings }
  return findings
}

const VALID: Findings = { errors: [], total: 0 }

function check({ pointer }: ParsedDocument, schema: Schema): void {
  tally.validations += 1
  const context = validatorFor(schema)
  collecting((index, details) => {
    xmlSchemaSetValidStructuredErrors(context, error.errorCollector, index)
    const result = xmlSchemaValidateDoc(context, pointer)
    refresh()
    if (result === 0) return
    dropValidator(schema)
    throw result < 0 ? new Error('libxml2 cannot validate') : new XmlLibError('not valid', details)
  })
}

/** Exclusive XML Canonicalization 1.0 without comments, of a whole document. Throws on what does not parse. */
export function canonical(text: string): string {
  const document = XmlDocument.fromString(text, { option: OPTIONS })
  try {
    return document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0, withComments: false })
  } finally {
    document.dispose()
  }
}

interface Collected {
  readonly ok: false
  readonly errors: readonly (Finding & { readonly code: number })[]
  readonly total: number
}

function collect<T>(work: () => T): { ok: true; value: T } | Collected {
  collected = 0
  codes = []
  try {
    return { ok: true, value: work() }
  } catch (error) {
    if (!(error instanceof XmlLibError)) throw error
    const errors = error.details
      .slice(0, ERROR_CAP)
      .map((d, i) => ({
        line: Math.max(0, d.line),
        column: Math.max(0, d.col),
        message: plain(d.message),
        code: codes[i] ?? 0,
        level: d.level,
        ...(d.xpath !== undefined && { path: d.xpath }),
      }))
      .filter(({ level, message }) => level > WARNING && message !== '')
    // of an empty text there are no details
    const told = errors.length > 0 ? errors : [{ line: 1, column: 1, message: plain(error.message), code: 0 }]
    return { ok: false, errors: told, total: Math.max(error.details.length, 1) }
  }
}

/** The namespace names that everybody here knows: of others, like the iodef-1.42 of one tool, the name is the whole difference. */
const NAMESPACE_SHORT: ReadonlyMap<string, string> = new Map([
  ...[NS.iodef2, NS.iodef1, NS.rid, NS.enum, NS.sci, NS.incident].map((ns) => [ns, ''] as const),
  [NS.ds, 'ds:'],
  [NS.xml, 'xml:'],
  [NS.xsi, 'xsi:'],
])

/** One line, bounded, without control characters and without the namespace names that everybody here knows. */
function plain(raw: string): string {
  const text = raw.length > 2000 ? `${raw.slice(0, 2000)}…` : raw
  return text
    .replace(/\{([^{}]*)\}/g, (whole, ns: string) => NAMESPACE_SHORT.get(ns) ?? whole)
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
}
