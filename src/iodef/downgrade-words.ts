/**
 * What IODEF 1 knows of the classes that it has (RFC 5070 §3), by the names of IODEF 2. Whatever is not here it has no place for. The
 * test of these tables compares them with schemas/iodef-1.0.xsd.
 */

type Table = ReadonlyMap<string, readonly string[]>

/** Attributes, `restriction` and languages aside; `a=b` is called b in IODEF 1. */
export const ATTRIBUTES: Table = table({
  'IODEF-Document': 'format-id=formatid',
  Incident: 'purpose ext-purpose',
  IncidentID: 'name instance',
  Contact: 'role ext-role type ext-type',
  RegistryHandle: 'registry ext-registry',
  Assessment: 'occurrence',
  TimeImpact: 'severity metric ext-metric duration ext-duration',
  MonetaryImpact: 'severity currency',
  Confidence: 'rating',
  HistoryItem: 'action ext-action',
  Expectation: 'action ext-action severity',
  System: 'category ext-category interface spoofed',
  Counter: 'unit=type ext-unit=ext-type meaning duration ext-duration',
  Address: 'category ext-category vlan-name vlan-num',
  NodeRole: 'category ext-category',
  Service: 'ip-protocol=ip_protocol',
  RecordPattern: 'type ext-type offset offsetunit ext-offsetunit instance',
  AdditionalData: 'dtype ext-dtype meaning formatid',
  RecordItem: 'dtype ext-dtype meaning formatid',
})

/** Classes with a `restriction`. */
export const RESTRICTED: ReadonlySet<string> = new Set(
  words(`Incident IncidentID AlternativeID RelatedActivity Contact Method Assessment History HistoryItem EventData Expectation System
    Record RecordData AdditionalData RecordItem`),
)

/** Those that IODEF 1's schema gives another one than the one around them, when they have none. */
export const IMPLIED: ReadonlySet<string> = new Set(['Incident', 'IncidentID', 'History', 'EventData', 'Expectation'])

/** Text in a language, as both versions have it. */
export const IN_A_LANGUAGE: ReadonlySet<string> = new Set([
  'IODEF-Document',
  'Incident',
  'Description',
  'ContactName',
  'Location',
])

/** Child elements, in the order in which both versions have them. */
export const CHILDREN: Table = table({
  'IODEF-Document': 'Incident',
  Incident: `IncidentID AlternativeID RelatedActivity DetectTime StartTime EndTime ReportTime Description Assessment Method Contact
    EventData History AdditionalData`,
  AlternativeID: 'IncidentID',
  RelatedActivity: 'IncidentID URL',
  Contact: 'ContactName Description RegistryHandle PostalAddress Email Telephone Timezone Contact AdditionalData',
  Method: 'Reference Description AdditionalData',
  Assessment: 'SystemImpact BusinessImpact TimeImpact MonetaryImpact Counter Confidence AdditionalData',
  History: 'HistoryItem',
  HistoryItem: 'DateTime IncidentID Contact Description AdditionalData',
  EventData: `Description DetectTime StartTime EndTime Contact Assessment Method Flow Expectation Record EventData AdditionalData`,
  Expectation: 'Description StartTime EndTime Contact',
  Flow: 'System',
  System: 'Node Service OperatingSystem Counter Description AdditionalData',
  Node: 'DomainData Address Location Counter',
  Service: 'Port Portlist ProtoType ProtoCode ProtoField Application',
  Record: 'RecordData',
  RecordData: 'DateTime Description Application RecordPattern RecordItem AdditionalData',
})

/** Of these IODEF 1 has one, and IODEF 2 any number: the first stays. */
export const FIRST: Table = table({
  Incident: 'RelatedActivity',
  Contact: 'ContactName PostalAddress',
})

const ACTIONS = `nothing contact-source-site contact-target-site contact-sender investigate block-host block-network block-port
  rate-limit-host rate-limit-network rate-limit-port remediate-other status-triage status-new-info other`
const DTYPES = `boolean byte character date-time integer ntpstamp portlist real string file path frame packet ipv4-packet ipv6-packet
  url csv winreg xml`

/** Values of enumerations to which IODEF 2 added some: those become `ext-value` (RFC 5070 §5.1). By class, then attribute of IODEF 1. */
export const VALUES: ReadonlyMap<string, Table> = new Map([
  ['Incident', table({ purpose: 'traceback mitigation reporting other' })],
  ['Contact', table({ role: 'creator admin tech irt cc' })],
  ['HistoryItem', table({ action: ACTIONS })],
  ['Expectation', table({ action: ACTIONS })],
  ['Counter', table({ type: 'byte packet flow session event alert message host site organization' })],
  [
    'Address',
    table({ category: 'asn atm e-mail mac ipv4-addr ipv4-net ipv4-net-mask ipv6-addr ipv6-net ipv6-net-mask' }),
  ],
  [
    'NodeRole',
    table({
      category: `client server-internal server-public www mail messaging streaming voice file ftp p2p name directory credential print
        application database infra log`,
    }),
  ],
  ['AdditionalData', table({ dtype: DTYPES })],
  ['RecordItem', table({ dtype: DTYPES })],
])

/** Values that IODEF 1 has no word for at all, not even an `ext-value`: the attribute goes, but where it must stand. */
export const SEVERITIES: readonly string[] = ['low', 'medium', 'high']
export const RATINGS: readonly string[] = ['low', 'medium', 'high', 'numeric', 'unknown']

function table(rows: Readonly<Record<string, string>>): Table {
  return new Map(Object.entries(rows).map(([name, list]) => [name, words(list)]))
}

function words(list: string): readonly string[] {
  return list.trim().split(/\s+/)
}
