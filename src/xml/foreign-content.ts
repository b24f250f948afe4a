import { type Findings, type ParsedDocument, parseText, type Schema, validate } from './libxml.ts'
import { NS } from './namespaces.ts'
import { scan } from './parse-tree.ts'
import type { DeclaredElements } from './schema-files.ts'
import { isType } from './start-tag.ts'
import type { XmlAttribute, XmlElement } from './tree.ts'
import { isDeclaration, type WrittenAttribute, writtenAttributes } from './written-attributes.ts'

/**
 * Validates a document: `parsed` and `root` are the source, read twice. Content of a vocabulary that the schema does not know need only
 * be well-formed. `adopted`: a server may have given its elements prefixes, and with that taken the namespace from an xsi:type without one.
 */
export function validateText(
  source: string,
  root: XmlElement,
  parsed: ParsedDocument,
  schema: Schema,
  { adopted = false }: { readonly adopted?: boolean } = {},
): Findings {
  // what is left out only ever asks for more
  const findings = validate(parsed, schema)
  const rest = findings.total === 0 ? undefined : withoutForeignTypes(source, root, schema.elements, adopted)
  if (rest === undefined) return findings
  const again = parseText(rest)
  if (!again.ok) throw new Error('not well-formed any more')
  try {
    return validate(again.document, schema)
  } finally {
    again.document.dispose()
  }
}

/** The tree of a text of our own making; undefined where it is not well-formed, or not valid by `schema`, where there is one. */
export function readAlone(source: string, schema?: Schema): XmlElement | undefined {
  const parsed = parseText(source)
  if (!parsed.ok) return undefined
  try {
    const root = scan(source)
    return schema === undefined || validateText(source, root, parsed.document, schema).total === 0 ? root : undefined
  } finally {
    parsed.document.dispose()
  }
}

/**
 * `source` without what only its own vocabulary can judge: xsi:type and the other attributes of XML Schema and XML on elements that
 * stand in wildcard content and that the schema does not declare. RFC 7970 §5.2(6), §2.16 and RFC 6545 §5.6(2) leave such content alone;
 * libxml2 (and XML Schema 1.0 Part 1 §3.3.4, by its letter) holds an xsi:type to a type that nobody here has. Blanks stand in their place, so
 * lines and columns stay. Undefined when there is nothing of the kind. For validation only: what is delivered keeps them. `adopted`: nor
 * an xsi:type that lost its namespace, wherever it stands.
 */
export function withoutForeignTypes(
  source: string,
  root: XmlElement,
  known: DeclaredElements,
  adopted = false,
): string | undefined {
  const pieces: string[] = []
  let at = 0
  for (const { element, isKnown } of reached(root, known)) {
    if (isKnown && !adopted) continue
    for (const { start, end } of judgedAttributes(source, element, isKnown ? isAdoptedType : isJudged)) {
      pieces.push(source.slice(at, start), source.slice(start, end).replace(/[^\r\n]/g, ' '))
      at = end
    }
  }
  return at === 0 ? undefined : `${pieces.join('')}${source.slice(at)}`
}

/** All elements in document order, and whether a declaration reaches them. Not recursive: depth is the sender's choice. */
function* reached(
  root: XmlElement,
  { global, open }: DeclaredElements,
): Generator<{ readonly element: XmlElement; readonly isKnown: boolean }> {
  const stack: { readonly element: XmlElement; readonly known: boolean }[] = [{ element: root, known: true }]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { element, known } = next
    yield { element, isKnown: known }
    const wild = !known || open.has(`{${element.ns}}${element.local}`)
    for (let i = element.children.length - 1; i >= 0; i -= 1) {
      const child = element.children[i]
      if (child === undefined || typeof child === 'string') continue
      stack.push({ element: child, known: !wild || global.has(`{${child.ns}}${child.local}`) })
    }
  }
}

const JUDGED: ReadonlySet<string> = new Set([NS.xsi, NS.xml])

function isJudged({ ns }: XmlAttribute): boolean {
  return JUDGED.has(ns)
}

/** An xsi:type without a prefix that names no type of its element's vocabulary: it did before somebody gave the element one. */
export function isAdoptedType(attribute: XmlAttribute, { ns }: Pick<XmlElement, 'ns'>): boolean {
  return isType(attribute) && (attribute.typeNs ?? ns) !== ns && !attribute.value.includes(':')
}

/** Where they stand in a text that is well-formed: the tree has them in the order of the text, declarations of prefixes left out. */
function judgedAttributes(
  source: string,
  element: XmlElement,
  isOne: (attribute: XmlAttribute, element: XmlElement) => boolean,
): WrittenAttribute[] {
  const { attributes } = element
  if (!attributes.some((one) => isOne(one, element))) return []
  const written = writtenAttributes(source, element).filter((one) => !isDeclaration(one))
  if (written.length !== attributes.length) throw new Error('unexpected attribute syntax')
  return attributes.flatMap((one, i) => (isOne(one, element) ? (written[i] ?? []) : []))
}
