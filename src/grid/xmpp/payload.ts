import { type Element, xml } from '@xmpp/client'
import { NS_INCIDENT } from './caps.ts'

/** What is read as a document: the child element of a pubsub item, or of an IQ about an incident. Its text as it was received. */
interface Payload {
  readonly text: string
  /** where `<name` ends, for declarations to be put in */
  readonly nameEnd: number
}

/** On the element itself: what a WeakMap names, V8 takes for old at its next look at what is new (its keys alone are weak then). */
const PAYLOAD = Symbol('payload')
type Bearer = Element & { [PAYLOAD]?: Payload }

/** Keeps `text` with the element that it begins with. */
export function keepPayload(element: Bearer, text: string): void {
  element[PAYLOAD] = { text, nameEnd: element.name.length + 1 }
}

/** XEP-0060: the child of `<items><item>`, in an event or in an answer. XEP-0268: the child of an IQ. */
export function isPayload(element: Element): boolean {
  const { parent } = element
  if (parent?.getName() === 'item') return parent.parent?.getName() === 'items'
  return parent?.getName() === 'iq' && element.getNS() === NS_INCIDENT
}

/**
 * The payload element of a pubsub item or an IQ as XML of its own: its text as received, with the namespaces it inherits declared.
 * Undefined when there is none, or more than one (XEP-0060 §7.1.2 and RFC 6120 §8.2.3 allow one).
 */
export function payloadXml(item: Element): string | undefined {
  const children = item.getChildElements()
  const child: Bearer | undefined = children[0]
  const payload = children.length === 1 ? child?.[PAYLOAD] : undefined
  if (!child || !payload || item.text().trim() !== '') return undefined
  const { text, nameEnd } = payload
  const own = new Set(declarationsOf(child).map(([name]) => name))
  const inherited = inScope(item)
    .filter(([name]) => !own.has(name) && isUsed(name, text))
    .map(([name, namespace]) => ` ${name}="${xml.escapeXML(namespace)}"`)
  // most say all of their own: that is no text to be made anew
  return inherited.length === 0 ? text : text.slice(0, nameEnd) + inherited.join('') + text.slice(nameEnd)
}

/** The declarations that hold inside an element, the nearest first. */
function inScope(element: Element): [name: string, namespace: string][] {
  const nearest = new Map<string, string>()
  for (let e: Element | null = element; e; e = e.parent) {
    for (const [name, namespace] of declarationsOf(e)) {
      if (!nearest.has(name)) nearest.set(name, namespace)
    }
  }
  return [...nearest]
}

function declarationsOf({ attrs }: Element): [name: string, namespace: string][] {
  return Object.entries(attrs).filter((entry): entry is [string, string] => isDeclaration(entry))
}

function isDeclaration([name, value]: [string, string | undefined]): boolean {
  return value !== undefined && (name === 'xmlns' || name.startsWith('xmlns:'))
}

/** Namespaces in XML 1.0 §6.2. A prefix may also stand in a value (xsi:type): any mention counts. */
function isUsed(name: string, text: string): boolean {
  return name === 'xmlns' || text.includes(`${name.slice('xmlns:'.length)}:`)
}
