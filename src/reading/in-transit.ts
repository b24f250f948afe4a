import { NS } from '../xml/namespaces.ts'
import type { DocumentReading } from './document.ts'
import type { Inspection } from './inspection.ts'

/** How an Incident of IODEF 2 begins in normal form, in its document and on its own. */
const NAME = '<Incident'
const OPENED = `${NAME} xmlns="${NS.iodef2}"`

/**
 * An Inspection on its way out of a thread. The text of a document is most of it, and stands there twice, whole and in its Incidents: it
 * crosses once.
 */
export interface InTransit {
  readonly inspection: Inspection
  /** of each Incident, whose `xml` is left out: where it stands in its document, from behind its name to its end */
  readonly places?: readonly (readonly [from: number, to: number])[]
}

export function packed(inspection: Inspection): InTransit {
  const { document } = inspection
  const places = document === null ? undefined : placesIn(document)
  if (document === null || places === undefined) return { inspection }
  const incidents = document.incidents.map((incident) => ({ ...incident, xml: '' }))
  return { inspection: { ...inspection, document: { ...document, incidents } }, places }
}

export function unpacked({ inspection, places }: InTransit): Inspection {
  const { document } = inspection
  if (document === null || places === undefined) return inspection
  const incidents = document.incidents.map((incident, i) => ({
    ...incident,
    xml: OPENED + document.xml.slice(...(places[i] ?? [])),
  }))
  return { ...inspection, document: { ...document, incidents } }
}

/** Undefined where it is not put together from them, character by character. */
function placesIn({ xml, incidents }: DocumentReading): [number, number][] | undefined {
  const places: [number, number][] = []
  // RFC 7970 §3.1: they come first
  let at = xml.indexOf('<', 1)
  for (const incident of incidents) {
    const from = at + NAME.length
    at = from + incident.xml.length - OPENED.length
    const isThere = incident.xml.startsWith(OPENED) && xml.slice(from - NAME.length, from) === NAME
    if (!isThere || xml.slice(from, at) !== incident.xml.slice(OPENED.length)) return undefined
    places.push([from, at])
  }
  return places
}
