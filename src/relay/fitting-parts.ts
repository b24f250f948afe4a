import type { Part } from './part.ts'

/**
 * Parts that one document can hold together, in their order, a list for each message: no two of a list use the same identifier (RFC 7970
 * §2.14), which would make it invalid, and whoever is sent it refuses all of it. Parts of a document that was one never do, but
 * whoever may publish can say of any items that they are one.
 */
export function fitting(parts: readonly Part[]): Part[][] {
  if (parts.length < 2) return [[...parts]]
  const lists: Part[][] = []
  /** by identifier, the list behind the last that uses it */
  const behind = new Map<string, number>()
  for (const part of parts) {
    const own = identifiersIn([...part.incidents, part.shell])
    const at = own.reduce((at, id) => Math.max(at, behind.get(id) ?? 0), 0)
    const list = lists[at]
    if (list === undefined) lists.push([part])
    else list.push(part)
    for (const id of own) behind.set(id, at + 1)
  }
  return lists
}

/**
 * In normal form, where each of them is written in one way. A text that only looks like one costs its part a message of its own, where
 * another part has the same.
 */
const IDENTIFIER = / (?:observable-id|Id)="([^"]*)"|<IndicatorID(?: [^>]*)?>([^<]*)</g

function identifiersIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    Array.from(text.matchAll(IDENTIFIER), ([, id, content]) => (id ?? content ?? '').trim()),
  )
}
