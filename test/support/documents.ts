import { readdirSync, readFileSync } from 'node:fs'
import { TOP_SCHEMAS } from '../../src/reading/format.ts'
import { compileSchemas, type Schema } from '../../src/xml/libxml.ts'

export const IODEF2 = 'urn:ietf:params:xml:ns:iodef-2.0'
export const IODEF1 = 'urn:ietf:params:xml:ns:iodef-1.0'
export const RID = 'urn:ietf:params:xml:ns:iodef-rid-2.0'

let compiled: ReadonlyMap<string, Schema> | undefined

/** The schemas, compiled once in this thread. */
export function schemas(): ReadonlyMap<string, Schema> {
  const folder = new URL('../../schemas/', import.meta.url)
  compiled ??= compileSchemas(
    new Map(
      readdirSync(folder)
        .filter((name) => name.endsWith('.xsd'))
        .map((name) => [name, readFileSync(new URL(name, folder))] as const),
    ),
    TOP_SCHEMAS,
  )
  return compiled
}

interface IncidentText {
  readonly id?: string
  readonly name?: string
  readonly purpose?: string
  /** attributes of the Incident, with a space before */
  readonly attributes?: string
  /** elements behind Contact */
  readonly content?: string
}

/** The least an Incident can be (RFC 7970 §3.2): public unless `attributes` say otherwise. */
export function incidentText(options: IncidentText = {}): string {
  const { id = '1', name = 'csirt.example', purpose = 'reporting', content = '' } = options
  const { attributes = ' restriction="public"' } = options
  return (
    `<Incident purpose="${purpose}"${attributes}><IncidentID name="${name}">${id}</IncidentID>` +
    `<GenerationTime>2026-01-01T00:00:00Z</GenerationTime>` +
    `<Contact role="creator" type="organization"><ContactName>A</ContactName></Contact>${content}</Incident>`
  )
}

/** An IODEF-Document around Incidents, and what stands behind them. */
export function documentText(incidents: readonly string[] = [incidentText()], attributes = '', behind = ''): string {
  return `<IODEF-Document version="2.00" xmlns="${IODEF2}"${attributes}>${incidents.join('')}${behind}</IODEF-Document>`
}

export function additionalData(content: string, attributes = ' dtype="xml"'): string {
  return `<AdditionalData${attributes}>${content}</AdditionalData>`
}

interface RidText {
  readonly msgType?: string
  readonly policyAttributes?: string
  /** attributes of XMLDocument besides dtype */
  readonly documentAttributes?: string
  readonly incidentId?: string
  /** behind RIDPolicy */
  readonly behind?: string
  readonly rootAttributes?: string
}

/** A RID message (RFC 6545 §5) around a document; without one there is no ReportSchema. */
export function ridText(document: string | null, options: RidText = {}): string {
  const { msgType = 'Report', policyAttributes = '', documentAttributes = '', incidentId = '' } = options
  const { behind = '', rootAttributes = '' } = options
  const schema =
    document === null
      ? ''
      : `<ReportSchema Version="ext-value" ext-Version="2.00" XMLSchemaID="ext-value" ext-XMLSchemaID="${IODEF2}">` +
        `<XMLDocument dtype="xml"${documentAttributes}>${document}</XMLDocument></ReportSchema>`
  return (
    `<RID xmlns="${RID}" lang="en"${rootAttributes}><RIDPolicy MsgType="${msgType}" MsgDestination="RIDSystem"${policyAttributes}>` +
    `<PolicyRegion region="PeerToPeer"/><Node xmlns="${IODEF1}"><NodeName>rid.example</NodeName></Node>` +
    `<TrafficType type="Attack"/>${incidentId}${schema}</RIDPolicy>${behind}</RID>`
  )
}

/** RIDPolicy's IncidentID (RFC 6545 §5.1). */
export function incidentId(id: string, name = 'csirt.example', instance?: string): string {
  const more = instance === undefined ? '' : ` instance="${instance}"`
  return `<IncidentID xmlns="${IODEF1}" name="${name}"${more}>${id}</IncidentID>`
}

/** A Query by number (RFC 6545 §6.5). */
export function byNumber(id: string, name = 'csirt.example', instance?: string): string {
  return ridText(null, { msgType: 'Query', incidentId: incidentId(id, name, instance) })
}
