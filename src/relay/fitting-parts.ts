import type { Part } from './part.ts'

/**
 * Parts that one document can hold together, in their order, a list for each message: no two of a list use the same identifier (RFC 7970
 * §2.14), which would make it invalid, and whoever is sent it refuses all of it. Parts of a document that was one never do, but
 * whoever may publish can say of any items that they are one.
 */
export function fitting(parts: readonly Part[]): Part[][] {
  if (parts.length < 2) return [[...parts]]
  const lists: { readonly parts: Part[]; readonly used: Set<string> }[] = []
  for (const part of parts) {
    const own = identifiersIn([...part.incidents, part.shell])
    const list = lists.find(({ used }) => own.every((id) => !used.has(id)))
    if (list === undefined) lists.push({ parts: [part], used: new Set(own) })
    else {
      list.parts.push(part)
      for (const id of own) list.used.add(id)
    }
  }
  return lists.map((list) => list.parts)
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
