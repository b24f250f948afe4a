import { looksLike } from '../xml/looks-like.ts'
import { NS } from '../xml/namespaces.ts'
import { attribute, child, elements, walk, type XmlElement } from '../xml/tree.ts'

/** The namespaces that an IODEF-Document is read in. */
const DOCUMENT_NAMESPACES: readonly string[] = [NS.iodef2, NS.iodef1]

/** What a RID message carries (RFC 6545 §5.6.1), as far as its schema leaves that open. */
interface Payload {
  /** one, in a proper message. Their namespace decides what they are, not ReportSchema's attributes */
  readonly documents: readonly XmlElement[]
  /** XMLDocument, or the RIDPolicy that has none */
  readonly holder: XmlElement | undefined
  /** whether there is anything in XMLDocument */
  readonly isEmpty: boolean
  /** why there is no IODEF-Document, as half a sentence; null where there is one, or need not be */
  readonly lacks: string | null
  /** what stands beside the IODEF-Document, in a few words each; RFC 6545 §5.6 lets it be ignored */
  readonly beside: readonly string[]
}

/** RFC 6545 §7: a Query and an Acknowledgement may do without a document. */
const DO_WITHOUT: ReadonlySet<string | undefined> = new Set(['Query', 'Acknowledgement'])

export function payloadOf(rid: XmlElement): Payload {
  const policy = child(rid, NS.rid, 'RIDPolicy')
  const mayLack = policy !== undefined && DO_WITHOUT.has(attribute(policy, 'MsgType')?.trim())
  const schema = policy && child(policy, NS.rid, 'ReportSchema')
  const holder = schema && child(schema, NS.rid, 'XMLDocument')
  if (holder === undefined) {
    return { documents: [], holder: policy, isEmpty: true, lacks: mayLack ? null : NO_XML_DOCUMENT, beside: [] }
  }
  const inside = elements(holder)
  const texts = holder.children.length === inside.length ? [] : holder.children.filter((c) => typeof c === 'string')
  const words = texts.join(' ').trim()
  const documents = inside.filter(isDocument)
  const isEmpty = inside.length === 0 && words === ''
  const others = documents.length === inside.length ? [] : inside.filter((e) => !isDocument(e)).map(nameOf)
  return {
    documents,
    holder,
    isEmpty,
    lacks: documents.length > 0 || (isEmpty && mayLack) ? null : lacking(inside[0], words),
    beside: documents.length === 0 ? [] : [...new Set([...others, ...(words === '' ? [] : ['text'])])],
  }
}

function isDocument({ ns, local }: XmlElement): boolean {
  return local === 'IODEF-Document' && DOCUMENT_NAMESPACES.includes(ns)
}

const NO_XML_DOCUMENT = 'there is no ReportSchema with an XMLDocument'

function lacking(first: XmlElement | undefined, words: string): string {
  if (first === undefined) return words === '' ? 'XMLDocument is empty' : textInstead(words)
  const { ns, local } = first
  if (local !== 'IODEF-Document') {
    const inner = documentWithin(first)
    return inner === undefined
      ? `XMLDocument holds ${nameOf(first)}`
      : `one stands inside ${nameOf(first)}, in line ${inner.line}, not in XMLDocument itself`
  }
  const own = ns === '' ? 'stands in no namespace' : `is of the namespace "${ns.slice(0, 80)}"`
  const default_ = ns === NS.rid ? ", RID's own, which it inherits: it needs an xmlns" : ''
  return `the IODEF-Document in it ${own}${default_}; these are read: ${DOCUMENT_NAMESPACES.join(', ')}`
}

function textInstead(words: string): string {
  if (words.startsWith('<') || /^&(?:amp;)*lt;/.test(words)) {
    return 'the text inside XMLDocument looks like one that was escaped (CDATA or &lt;); it must stand there as an element'
  }
  const what = looksLike(words)
  return what === undefined ? 'there is text inside XMLDocument' : `the text inside XMLDocument looks like ${what}`
}

function documentWithin(element: XmlElement): XmlElement | undefined {
  let found: XmlElement | undefined
  walk(element, (inner) => {
    if (found === undefined && isDocument(inner)) found = inner
    return undefined
  })
  return found
}

/** A stranger's name, short enough for any message. */
function nameOf({ ns, local }: XmlElement): string {
  return `${local.slice(0, 60)} (${ns === '' ? 'no namespace' : `namespace "${ns.slice(0, 80)}"`})`
}
