import { elements, type XmlElement } from './tree.ts'

/**
 * Where in the text a schema error belongs: libxml2 knows the line of a node but no column. `path` is what it prints for the
 * node: `/*` and `/*[2]` for elements in a default namespace, `/p:name[2]` for prefixed ones.
 */
export function locate(
  root: XmlElement,
  finding: { readonly line: number; readonly column: number; readonly path?: string },
): { line: number; column: number } {
  const unknown = { line: finding.line, column: finding.column }
  if (finding.path === undefined) return unknown
  const steps = finding.path.split('/').slice(1)
  let element: XmlElement | undefined
  for (const step of steps) {
    const match = /^(?:(\*)|(?:[^:@[\]]+:)?([^:@[\]]+))(?:\[(\d+)\])?$/.exec(step)
    if (match === null) break
    const index = Number(match[3] ?? 1) - 1
    const among: XmlElement[] = element === undefined ? [root] : elements(element)
    const next: XmlElement | undefined = (match[1] === '*' ? among : among.filter((e) => e.local === match[2]))[index]
    if (next === undefined) return unknown
    element = next
  }
  return element === undefined ? unknown : { line: element.line, column: element.column }
}
