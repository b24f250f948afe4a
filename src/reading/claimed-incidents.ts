import { incidentIdOf, incidentKey } from '../iodef/incident-id.ts'
import { walk, type XmlElement } from '../xml/tree.ts'

const MOST = 20

/**
 * The incidents of what is not valid, as incident keys, at most 20: whoever asks where they are shall hear why it was refused.
 * `incidents` are the elements of that name in document order; of a tree that nobody has looked at yet they are looked for.
 */
export function claimedIncidents(incidents: XmlElement | readonly XmlElement[]): string[] {
  const claimed = new Set<string>()
  for (const incident of 'local' in incidents ? incidentsIn(incidents) : incidents) {
    if (claimed.size >= MOST) break
    const id = incidentIdOf(incident)
    if (id !== undefined && id.id !== '') claimed.add(incidentKey(id).slice(0, 400))
  }
  return [...claimed]
}

function incidentsIn(root: XmlElement): XmlElement[] {
  const found: XmlElement[] = []
  walk(root, (element) => {
    if (element.local === 'Incident') found.push(element)
    return undefined
  })
  return found
}
