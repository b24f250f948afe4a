import { elements, type XmlElement } from './tree.ts'

/** An element of a tree and the one around it; undefined where nobody knows. */
export interface Place {
  readonly root: XmlElement
  readonly element: XmlElement | undefined
  readonly parent: XmlElement | undefined
}

/**
 * Where in the tree a schema error belongs: libxml2 knows the line of a node but no column. `path` is what it prints for the
 * node: `/*` and `/*[2]` for elements in a default namespace, `/p:name[2]` for prefixed ones.
 */
export function locate(root: XmlElement, path: string | undefined): Place {
  let place: Place = { root, element: undefined, parent: undefined }
  for (const step of path?.split('/').slice(1) ?? []) {
    const match = /^(?:(\*)|(?:[^:@[\]]+:)?([^:@[\]]+))(?:\[(\d+)\])?$/.exec(step)
    if (match === null) break
    const index = Number(match[3] ?? 1) - 1
    const among: XmlElement[] = place.element === undefined ? [root] : elements(place.element)
    const next = (match[1] === '*' ? among : among.filter((e) => e.local === match[2]))[index]
    if (next === undefined) return { root, element: undefined, parent: undefined }
    place = { root, element: next, parent: place.element }
  }
  return place
}
