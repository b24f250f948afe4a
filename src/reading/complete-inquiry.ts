import { placeInIncident } from '../iodef/incident-order.ts'
import { NS } from '../xml/namespaces.ts'
import { elements, type XmlElement } from '../xml/tree.ts'
import { type Patch, patched } from './patch.ts'
import { wellFormed } from './well-formed.ts'

interface Required {
  readonly local: string
  /** behind its name: what stands for it, and asks for nothing */
  readonly content: string
}

/** whenever it was: the same question is the same each time */
const SOME_TIME = '1970-01-01T00:00:00Z'
const CONTACT = {
  local: 'Contact',
  content: ' role="creator" type="organization"><ContactName>unknown</ContactName></Contact>',
}

/** What RFC 5070 §3.2 and RFC 7970 §3.2 demand of an Incident besides its IncidentID, in their order, and a question has no need of. */
const REQUIRED: ReadonlyMap<string, readonly Required[]> = new Map([
  [
    NS.iodef1,
    [
      { local: 'ReportTime', content: `>${SOME_TIME}</ReportTime>` },
      { local: 'Assessment', content: '><Impact type="unknown"></Impact></Assessment>' },
      CONTACT,
    ],
  ],
  [NS.iodef2, [{ local: 'GenerationTime', content: `>${SOME_TIME}</GenerationTime>` }, CONTACT]],
])

/**
 * An inquiry as XEP-0268 §4 shows it has an IncidentID and no more, which is no valid Incident in either version: what is missing is put
 * in, so that it can be read. Whatever else is wrong with it, or with another text, stays as it is. Throws DocumentLimit.
 */
export function completeInquiry(text: string): string {
  // most are something else, and need not be parsed once more for that
  if (!text.includes('inquiry')) return text
  const formed = wellFormed(text)
  if (!formed.ok) return text
  using _ = formed
  return patched(text, missingOfInquiry(formed.root))
}

/** What has to be put into an inquiry for that; nothing where its Incident, whose children stand in their order, does not say what it asks for. */
export function missingOfInquiry(root: XmlElement): Patch[] {
  if (root.ns !== NS.incident || root.local !== 'inquiry') return []
  return elements(root).flatMap((incident) => (incident.local === 'Incident' ? missingOf(incident) : []))
}

function missingOf(incident: XmlElement): Patch[] {
  const { ns } = incident
  const children = elements(incident).filter((child) => child.ns === ns)
  const missing = (REQUIRED.get(ns) ?? []).filter(({ local }) => children.every((child) => child.local !== local))
  return missing.flatMap(({ local, content }): Patch[] => {
    const at = children[placeInIncident(children, local) - 1]?.end
    return at === undefined ? [] : [{ repair: 'inquiry', from: at, to: at, text: `<${local} xmlns="${ns}"${content}` }]
  })
}
