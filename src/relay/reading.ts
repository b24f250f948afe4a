import { createHash } from 'node:crypto'
import { type IncidentElement, type ItemParts, readItem, xep0268Item } from '../grid/item.ts'
import { contentModel } from '../iodef/content-model.ts'
import { padDates } from '../iodef/dates.ts'
import { checkIdentifiers } from '../iodef/identifiers.ts'
import { type IncidentId, incidentIdOf, incidentKey } from '../iodef/incident-id.ts'
import { type Needed, neededFor } from '../iodef/restriction.ts'
import { checkRules } from '../iodef/rules.ts'
import { embeddedDocument, type RidPolicy, type RidReading, readPolicy, readRid } from '../rid/message.ts'
import { decode } from '../xml/decode.ts'
import { findDoctype } from '../xml/doctype.ts'
import { extract } from '../xml/extract.ts'
import {
  type Finding,
  type Findings,
  parseText,
  type Schema,
  validate,
  type ParsedDocument as XmlDocument,
} from '../xml/libxml.ts'
import { locate } from '../xml/locate.ts'
import { NS } from '../xml/names.ts'
import { normalForm } from '../xml/normal-form.ts'
import { scan } from '../xml/scan.ts'
import { attribute, type Diagnostic, descendants, elements, type XmlElement } from '../xml/tree.ts'

export type Format = 'IODEF 2' | 'IODEF 1' | 'RID' | 'XEP-0268' | 'unknown'

export interface ReadOptions {
  readonly charset?: string
  /** RFC 7970's text-only rules are errors, not warnings */
  readonly strict?: boolean
}

/** Everything the gateway wants to know of a document: plain data, made in a worker, safe to use without another look. */
export interface Inspection {
  readonly format: Format
  readonly valid: boolean
  /** at most 20 */
  readonly errors: readonly Diagnostic[]
  /** how many more errors there are */
  readonly more: number
  /** at most 20 */
  readonly warnings: readonly Diagnostic[]
  /** the root's name, for messages about what is not understood */
  readonly root: string
  readonly rid: RidReading | null
  readonly item: ItemReading | null
  /** the IODEF-Document, wherever it was found; null unless `valid` */
  readonly document: DocumentReading | null
}

export interface DocumentReading {
  readonly version: 1 | 2
  /** in normal form */
  readonly xml: string
  /** hex SHA-256 of `xml` */
  readonly digest: string
  /** the IODEF-Document element without its Incidents, in normal form; null when it says nothing but version="2.00" */
  readonly shell: string | null
  readonly incidents: readonly IncidentReading[]
  readonly needed: Needed
  /** what has to travel beside the normal form, since that or a Broker would damage it */
  readonly original: { readonly text: string; readonly reason: 'signature' | 'characters' } | null
  /** false when a Broker could take its items and never give them back */
  readonly carriable: boolean
}

export interface IncidentReading {
  readonly id: IncidentId
  readonly key: string
  /** RFC 7970 §3.2, as written */
  readonly purpose: string
  /** in normal form */
  readonly xml: string
}

/** An XEP-0268 payload. `document` of the Inspection is the document that its part belongs to, rebuilt as far as possible. */
export interface ItemReading {
  readonly element: IncidentElement
  readonly position: number
  readonly items: readonly string[]
  readonly policy: RidPolicy | null
  readonly incidentSource: string | null
}

const CAP = 20
export const TOP_SCHEMAS = ['iodef-2.0.xsd', 'iodef-1.0.xsd', 'iodef-rid-2.0.xsd', 'xep-0268.xsd'] as const

/** Reads one document from a stranger's bytes. Never throws for what the bytes hold. */
export function readDocument(
  schemas: ReadonlyMap<string, Schema>,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Inspection {
  const decoded = decode(bytes, options.charset)
  if (!decoded.ok) return refused('unknown', '', [decoded.error], 1)
  return readText(schemas, decoded.text, options)
}

function readText(schemas: ReadonlyMap<string, Schema>, text: string, options: ReadOptions): Inspection {
  const doctype = findDoctype(text)
  if (doctype !== undefined) return refused('unknown', '', [doctype], 1)
  const parsed = parseText(text)
  if (!parsed.ok) return refused('unknown', '', parsed.errors, parsed.total)
  try {
    return readParsed(schemas, text, parsed.document, options)
  } finally {
    parsed.document.dispose()
  }
}

function readParsed(
  schemas: ReadonlyMap<string, Schema>,
  text: string,
  parsed: XmlDocument,
  options: ReadOptions,
): Inspection {
  const root = scan(text)
  const { format, top } = formatOf(root)
  const name = root.local.slice(0, 60)
  if (top === null) {
    const message = `The root element "${name}" (namespace "${root.ns.slice(0, 80)}") is neither an IODEF-Document nor a RID message.`
    return refused('unknown', name, [{ line: root.line, column: root.column, message }], 1)
  }
  const broken = checkSchema(schemas, top, text, root, parsed)
  if (broken !== undefined) return refused(format, name, broken.errors, broken.total)
  const found = findDocument(root, format)
  if (found.error !== undefined) return refused(format, name, [found.error], 1)
  const identifiers = found.document === undefined ? [] : checkIdentifiers(found.document)
  const rules = found.document?.ns === NS.iodef2 ? checkRules(found.document) : []
  const errors = options.strict === true ? [...identifiers, ...rules] : identifiers
  if (errors.length > 0) return refused(format, name, errors, errors.length, options.strict === true ? [] : rules)
  const result = {
    format,
    valid: true,
    errors: [],
    more: 0,
    warnings: rules.slice(0, CAP).map(diagnostic),
    root: name,
    rid: format === 'RID' ? readRid(root) : null,
    item: null,
    document: null,
  }
  if (format === 'XEP-0268') return readXep0268(schemas, root, result, options)
  const document = found.document
  if (document === undefined) return result
  return { ...result, document: describe(document, sourceOf(text, root, document), result.rid?.restrictions ?? []) }
}

function refused(
  format: Format,
  root: string,
  errors: readonly Diagnostic[],
  total: number,
  warnings: readonly Diagnostic[] = [],
): Inspection {
  const sorted = errors.map(diagnostic).toSorted((a, b) => a.line - b.line || a.column - b.column)
  const shown = sorted.slice(0, CAP)
  return {
    format,
    valid: false,
    errors: shown,
    more: Math.max(0, total - shown.length),
    warnings: warnings.slice(0, CAP).map(diagnostic),
    root,
    rid: null,
    item: null,
    document: null,
  }
}

function diagnostic({ line, column, message }: Diagnostic): Diagnostic {
  return { line, column, message }
}

function formatOf(root: XmlElement): { format: Format; top: (typeof TOP_SCHEMAS)[number] | null } {
  if (root.ns === NS.iodef2) return { format: 'IODEF 2', top: 'iodef-2.0.xsd' }
  if (root.ns === NS.iodef1) return { format: 'IODEF 1', top: 'iodef-1.0.xsd' }
  if (root.ns === NS.rid) return { format: 'RID', top: 'iodef-rid-2.0.xsd' }
  if (root.ns === NS.incident) return { format: 'XEP-0268', top: 'xep-0268.xsd' }
  return { format: 'unknown', top: null }
}

function checkSchema(
  schemas: ReadonlyMap<string, Schema>,
  top: string,
  text: string,
  root: XmlElement,
  parsed: XmlDocument,
): { errors: Finding[]; total: number } | undefined {
  const expected = ROOTS[top]
  if (expected !== undefined && !expected.includes(root.local)) {
    const message = `The root element is "${root.local.slice(0, 60)}"; expected ${expected.join(' or ')}.`
    return { errors: [{ line: root.line, column: root.column, message }], total: 1 }
  }
  const schema = schemas.get(top)
  if (schema === undefined) throw new Error(`schema ${top} is not loaded`)
  const padded = padDates(text, root)
  const { errors, total } = padded === text ? validate(parsed, schema) : validateText(padded, schema)
  return total === 0 ? undefined : { errors: errors.map((e) => ({ ...e, ...locate(root, e) })), total }
}

function validateText(text: string, schema: Schema): Findings {
  const parsed = parseText(text)
  if (!parsed.ok) return parsed
  try {
    return validate(parsed.document, schema)
  } finally {
    parsed.document.dispose()
  }
}

/** A schema alone would take any of its global elements as root. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  'iodef-2.0.xsd': ['IODEF-Document'],
  'iodef-1.0.xsd': ['IODEF-Document'],
  'iodef-rid-2.0.xsd': ['RID'],
}

/** RFC 6545 §5.6: the IODEF-Document in the message; nothing (and no error) where there is none or it is of another kind. */
function findDocument(root: XmlElement, format: Format): { document?: XmlElement; error?: Diagnostic } {
  if (format === 'IODEF 2' || format === 'IODEF 1') return { document: root }
  if (format === 'XEP-0268') return { document: root }
  const embedded = embeddedDocument(root)
  if (embedded === undefined || (embedded.ns !== NS.iodef2 && embedded.ns !== NS.iodef1)) return {}
  if (embedded.local === 'IODEF-Document') return { document: embedded }
  const { line, column } = embedded
  return { error: { line, column, message: `XMLDocument holds "${embedded.local}"; expected IODEF-Document.` } }
}

function describe(
  document: XmlElement,
  original: DocumentReading['original'],
  restrictions: readonly string[],
): DocumentReading {
  const version = document.ns === NS.iodef1 ? 1 : 2
  const incidents = elements(document).filter((e) => e.ns === document.ns && e.local === 'Incident')
  const shell = normalForm(document, contentModel, (child) => incidents.includes(child))
  const described = incidents.map(describeIncident)
  const xml = wholeNormalForm(document, shell, described)
  return {
    version,
    xml,
    digest: createHash('sha256').update(xml, 'utf8').digest('hex'),
    shell: shell === PLAIN_SHELL ? null : shell,
    incidents: described,
    needed: neededFor(document, restrictions),
    original: original ?? (isFragile(document) ? { text: xml, reason: 'characters' } : null),
    carriable: isCarriable(document),
  }
}

/** What an IODEF-Document is taken to be when nothing else is said. */
export const PLAIN_SHELL = `<IODEF-Document xmlns="${NS.iodef2}" version="2.00"></IODEF-Document>`

/** normalForm(document), put together from what is known already where attribute prefixes cannot make a difference. */
function wholeNormalForm(document: XmlElement, shell: string, incidents: readonly IncidentReading[]): string {
  if (document.attributes.some((a) => a.ns !== '' && a.ns !== NS.xml)) return normalForm(document, contentModel)
  const start = `<Incident xmlns="${document.ns}"`
  return joinDocument(
    shell,
    incidents.map(({ xml }) => `<Incident${xml.slice(start.length)}`),
  )
}

function describeIncident(incident: XmlElement): IncidentReading {
  const id = incidentIdOf(incident) ?? { name: '', instance: null, id: '' }
  return {
    id,
    key: incidentKey(id),
    purpose: attribute(incident, 'purpose')?.trim() ?? '',
    xml: normalForm(incident, contentModel),
  }
}

/** The characters of a document with an XML Signature, which would not survive any rewriting. */
function sourceOf(text: string, root: XmlElement, document: XmlElement): DocumentReading['original'] {
  if (!descendants(document).some((e) => e.ns === NS.ds && e.local === 'Signature')) return null
  const whole = normalForm(document, contentModel)
  const source = extract(text, root, document, (candidate) => {
    const parsed = parseText(candidate)
    if (!parsed.ok) return false
    parsed.document.dispose()
    return normalForm(scan(candidate), contentModel) === whole
  })
  return source === undefined ? null : { text: source, reason: 'signature' }
}

/**
 * Would a Broker's own parser and writer change it? Carriage returns, and tabs and line breaks in attributes, are written back
 * unescaped by some; a prefix in the value of xsi:type loses its declaration (docs/grid-profile.md).
 */
function isFragile(document: XmlElement): boolean {
  for (const element of descendants(document)) {
    if (element.ns === '') return true
    for (const a of element.attributes) {
      if (/[\t\n\r]/.test(a.value)) return true
      if (a.ns === NS.xsi && a.local === 'type' && a.value.includes(':')) return true
    }
    if (element.children.some((c) => typeof c === 'string' && c.includes('\r'))) return true
  }
  return false
}

/**
 * Prosody stores an attribute whose namespace name has one of these characters, and then fails on every read of the node
 * that includes it: measured, docs/grid-profile.md.
 */
function isCarriable(document: XmlElement): boolean {
  return !descendants(document).some((element) => element.attributes.some((a) => /[\s<>&'"]/.test(a.ns)))
}

function readXep0268(
  schemas: ReadonlyMap<string, Schema>,
  root: XmlElement,
  result: Inspection,
  options: ReadOptions,
): Inspection {
  const parts = readItem(root)
  if (parts === undefined) {
    const message = `"${root.local.slice(0, 60)}" holds no Incident.`
    return refused('XEP-0268', result.root, [{ line: root.line, column: root.column, message }], 1)
  }
  const item: ItemReading = {
    element: parts.element,
    position: parts.position,
    items: parts.items,
    policy: parts.policy === null ? null : readPolicy(parts.policy),
    incidentSource: parts.incidentSource === null ? null : normalForm(parts.incidentSource, contentModel),
  }
  const also = parts.policy === null ? [] : [attribute(parts.policy, 'restriction')].filter((r) => r !== undefined)
  const original = readOriginal(schemas, parts, options)
  const rebuilt = original ?? rebuild(schemas, parts, options)
  if (!rebuilt.valid || rebuilt.document === null) return { ...rebuilt, format: 'XEP-0268', root: result.root }
  // what is seen and what is carried both count: a publisher may have made them differ
  const needed = merge([neededFor(root, also), rebuilt.document.needed])
  return { ...result, item, document: { ...rebuilt.document, needed } }
}

/** The document that the item carries beside its Incident, if it is valid and really holds this Incident. */
function readOriginal(
  schemas: ReadonlyMap<string, Schema>,
  parts: ItemParts,
  options: ReadOptions,
): Inspection | undefined {
  if (parts.original === null || parts.original === '') return undefined
  const inner = readDocument(schemas, Buffer.from(parts.original, 'base64'), { ...options, charset: 'utf-8' })
  const document = inner.document
  if (!inner.valid || document === null || inner.rid !== null || inner.item !== null) return undefined
  const visible = normalForm(parts.incident, contentModel)
  const ids = document.incidents.map((incident) => xep0268Item(parts.element, incident.xml).id)
  const matches =
    document.incidents.some((incident) => incident.xml === visible) ||
    (parts.items.length > 0 ? ids.join() === parts.items.join() : sameIncident(document.incidents[0], parts.incident))
  if (!matches) return undefined
  const text = Buffer.from(parts.original, 'base64').toString('utf8')
  const reason = document.original?.reason ?? 'characters'
  return { ...inner, document: { ...document, original: { text, reason } } }
}

function sameIncident(incident: IncidentReading | undefined, visible: XmlElement): boolean {
  const id = incidentIdOf(visible)
  return incident !== undefined && id !== undefined && incident.key === incidentKey(id)
}

/** The Incident back in its IODEF-Document, judged as such. */
function rebuild(schemas: ReadonlyMap<string, Schema>, parts: ItemParts, options: ReadOptions): Inspection {
  const shell = parts.shell === null ? plainShell(parts.incident.ns) : normalForm(parts.shell, contentModel, isIncident)
  return readText(schemas, joinDocument(shell, [normalForm(parts.incident, contentModel)]), options)
}

function isIncident(element: XmlElement): boolean {
  return element.local === 'Incident' && (element.ns === NS.iodef2 || element.ns === NS.iodef1)
}

function plainShell(ns: string): string {
  return ns === NS.iodef1 ? `<IODEF-Document xmlns="${ns}" version="1.00" lang="en"></IODEF-Document>` : PLAIN_SHELL
}

/** Puts Incidents (normal form) into a shell (normal form): RFC 7970 §3.1, they come before AdditionalData. */
export function joinDocument(shell: string, incidents: readonly string[]): string {
  // in a shell's start tag `>` can stand inside quotes
  const start = /^<(?:[^"'>]|"[^"]*")*>/.exec(shell)?.[0] ?? ''
  return start + incidents.join('') + shell.slice(start.length)
}

function merge(lists: readonly Needed[]): Needed {
  const order = ['public', 'partner', 'need-to-know', 'private'] as const
  const all = lists.flat()
  const strictest = order.findLast((label) => all.includes(label)) ?? 'private'
  return all.includes('default') ? [strictest, 'default'] : [strictest]
}
