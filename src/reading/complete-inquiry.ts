import { NS } from '../xml/namespaces.ts'
import { NotWellFormed, scan } from '../xml/parse-tree.ts'
import { elements, type XmlElement } from '../xml/tree.ts'

interface Missing {
  readonly local: string
  /** children that stand before it */
  readonly behind: readonly string[]
  /** what stands for it, and asks for nothing */
  readonly content: string
}

const HEAD = ['IncidentID', 'AlternativeID', 'RelatedActivity', 'DetectTime', 'StartTime', 'EndTime']
/** whenever it was: the same question is the same each time */
const SOME_TIME = '1970-01-01T00:00:00Z'
const BODY_1 = [...HEAD, 'ReportTime', 'Description', 'Assessment', 'Method']
const BODY_2 = [
  ...HEAD,
  'RecoveryTime',
  'ReportTime',
  'GenerationTime',
  'Description',
  'Discovery',
  'Assessment',
  'Method',
]
const CONTACT = {
  local: 'Contact',
  content: ' role="creator" type="organization"><ContactName>unknown</ContactName></Contact>',
}

/** What RFC 5070 §3.2 and RFC 7970 §3.2 demand of an Incident, in its order, and a question has no need of. */
const REQUIRED: ReadonlyMap<string, readonly Missing[]> = new Map([
  [
    NS.iodef1,
    [
      { local: 'ReportTime', behind: HEAD, content: `>${SOME_TIME}</ReportTime>` },
      {
        local: 'Assessment',
        behind: [...HEAD, 'ReportTime', 'Description'],
        content: '><Impact lang="en" type="unknown"></Impact></Assessment>',
      },
      { ...CONTACT, behind: BODY_1 },
    ],
  ],
  [
    NS.iodef2,
    [
      {
        local: 'GenerationTime',
        behind: [...HEAD, 'RecoveryTime', 'ReportTime'],
        content: `>${SOME_TIME}</GenerationTime>`,
      },
      { ...CONTACT, behind: BODY_2 },
    ],
  ],
])

/**
 * An inquiry as XEP-0268 §4 shows it has an IncidentID and no more, which is no valid Incident in either version: what is missing is put
 * in, so that it can be read. Whatever else is wrong with it, or with another text, stays as it is. Throws DocumentLimit.
 */
export function completeInquiry(text: string): string {
  const incident = incidentOf(text)
  if (incident === undefined) return text
  const children = elements(incident).filter(({ ns }) => ns === incident.ns)
  // from behind, so that places before stay what they are
  const missing = (REQUIRED.get(incident.ns) ?? []).filter((one) => children.every(({ local }) => local !== one.local))
  let completed = text
  for (const { local, behind, content } of missing.toReversed()) {
    const place = children.findLast((child) => behind.includes(child.local))?.end
    if (place === undefined) return text
    completed = `${completed.slice(0, place)}<${local} xmlns="${incident.ns}"${content}${completed.slice(place)}`
  }
  return completed
}

function incidentOf(text: string): XmlElement | undefined {
  try {
    const root = scan(text)
    if (root.ns !== NS.incident || root.local !== 'inquiry') return undefined
    return elements(root).find(({ local }) => local === 'Incident')
  } catch (error) {
    if (error instanceof NotWellFormed) return undefined
    throw error
  }
}
