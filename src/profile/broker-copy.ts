import { isWhiteSpace } from '../xml/normal-form.ts'
import type { XmlElement, XmlNode } from '../xml/tree.ts'

/**
 * Can `seen` be what a Broker made of `kept`? Brokers change what docs/grid-profile.md §4.4 says: white space that stood as a
 * reference, and the namespace of elements that have none. Anything else is another text, whoever wrote it.
 */
export function couldBeCopy(kept: XmlElement, seen: XmlElement): boolean {
  if (kept.local !== seen.local || (kept.ns !== '' && kept.ns !== seen.ns)) return false
  if (kept.attributes.length !== seen.attributes.length) return false
  const attributes = new Map(seen.attributes.map((a) => [`${a.ns} ${a.local}`, loosely(a.value)]))
  if (!kept.attributes.every((a) => attributes.get(`${a.ns} ${a.local}`) === loosely(a.value))) return false
  const inside = kept.children.filter(counts)
  const shown = seen.children.filter(counts)
  return inside.length === shown.length && inside.every((child, i) => couldBeCopyOfNode(child, shown[i]))
}

function couldBeCopyOfNode(kept: XmlNode, seen: XmlNode | undefined): boolean {
  if (typeof kept === 'string') return typeof seen === 'string' && loosely(kept) === loosely(seen)
  return seen !== undefined && typeof seen !== 'string' && couldBeCopy(kept, seen)
}

function counts(node: XmlNode): boolean {
  return typeof node !== 'string' || !isWhiteSpace(node)
}

function loosely(text: string): string {
  return text.replace(/[ \t\r\n]+/g, ' ')
}
