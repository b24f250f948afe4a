import { attribute, child, elements, text, type XmlElement } from '../xml/tree.ts'

/** Written by RFC 6545 §6.1; its own example of a Result has the other. */
const ON_THE_WAY = new Set(['infrastructure', 'intermediate'])

/**
 * The path that a request took (RFC 6545 §6.1: a System in nested EventData for each who passed it on): names and addresses of those
 * systems as written, each once. Of a valid document, IODEF 2 or 1.
 */
export function pathOf(document: XmlElement): readonly string[] {
  const found = new Set<string>()
  for (const incident of elements(document)) if (incident.local === 'Incident') collect(incident, found)
  return [...found]
}

function collect(element: XmlElement, found: Set<string>): void {
  for (const one of elements(element)) {
    if (one.ns !== element.ns) continue
    if (one.local === 'EventData') collect(one, found)
    else if (one.local === 'Flow') for (const system of elements(one)) placesOf(system, found)
  }
}

function placesOf(system: XmlElement, found: Set<string>): void {
  if (system.local !== 'System' || !ON_THE_WAY.has(attribute(system, 'category')?.trim() ?? '')) return
  for (const node of elements(system)) {
    if (node.local !== 'Node' || node.ns !== system.ns) continue
    for (const one of elements(node)) {
      const place = one.local === 'DomainData' ? child(one, one.ns, 'Name') : one
      const isPlace = one.local === 'Address' || one.local === 'NodeName' || one.local === 'DomainData'
      const written = place === undefined || !isPlace ? '' : text(place).trim()
      if (written !== '') found.add(written)
    }
  }
}
