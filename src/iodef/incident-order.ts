import type { XmlElement } from '../xml/tree.ts'

/** RFC 5070 §3.2, RFC 7970 §3.2: what an Incident holds, in the order that both have it in. */
export const INCIDENT_ORDER: readonly string[] =
  `IncidentID AlternativeID RelatedActivity DetectTime StartTime EndTime RecoveryTime ReportTime GenerationTime Description
  Discovery Assessment Method Contact EventData IndicatorData History AdditionalData`.split(/\s+/)

/** Of the children of an Incident, in that order: how many stand before one of that name that it lacks. */
export function placeInIncident(children: readonly XmlElement[], local: string): number {
  const own = INCIDENT_ORDER.indexOf(local)
  const at = children.findIndex((child) => INCIDENT_ORDER.indexOf(child.local) > own)
  return at < 0 ? children.length : at
}
