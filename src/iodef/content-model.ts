import { NS } from '../xml/namespaces.ts'
import type { ContentModel } from '../xml/normal-form.ts'
import type { XmlElement } from '../xml/tree.ts'

/** Classes whose content is child elements only (RFC 7970 §3). The schema test compares this list with schemas/. */
const IODEF2 = `IODEF-Document Incident AlternativeID RelatedActivity ThreatActor Campaign Contact PostalAddress Telephone
  Email History HistoryItem Expectation Discovery DetectionPattern Method Reference Assessment SystemImpact BusinessImpact
  IntendedImpact EventData Flow System Node NodeRole Service ApplicationHeader ServiceName EmailData DomainData Nameservers
  DomainContacts Record RecordData WindowsRegistryKeysModified Key FileData File HashData Hash FuzzyHash SignatureData
  CertificateData Certificate IndicatorData Indicator AlternativeIndicatorID Observable BulkObservable BulkObservableFormat
  IndicatorExpression AttackPhase OperatingSystem Application AssociatedSoftware`

/** The same of IODEF 1 (RFC 5070 §3). */
const IODEF1 = `IODEF-Document Incident AlternativeID RelatedActivity Contact History HistoryItem Expectation Method Reference
  Assessment EventData Flow System Node Service OperatingSystem Application Record RecordData`

/** RFC 6545 §5. XMLDocument and Signature are ExtensionType. */
const RID = 'RID RIDPolicy RequestStatus IncidentSource ReportSchema'

/** RFC 3275, as its schema has them: the others are leaves or mixed. */
const DS = `Signature SignedInfo Reference Transforms X509Data X509IssuerSerial RetrievalMethod Manifest SignatureProperties
  DSAKeyValue RSAKeyValue PGPData SPKIData`

/** RFC 7203 §4: everything but RawData, which holds a stranger's XML. */
const SCI = 'AttackPattern Vulnerability Weakness Platform Scoring EventReport Verification Remediation'

/** ExtensionType and the mixed SoftwareReference (RFC 7970 §2.16, §2.15.1), and what XML Signature leaves open. */
const OPAQUE = byNamespace({
  [NS.iodef2]:
    words(`ApplicationHeaderField EmailHeaderField RelatedDNS RecordItem FileProperties FuzzyHashValue AdditionalData
    SoftwareReference BulkObservableList`),
  [NS.iodef1]: words('AdditionalData RecordItem'),
  [NS.rid]: words('XMLDocument Signature'),
  [NS.ds]: words(
    'KeyInfo KeyValue Object DigestMethod SignatureMethod CanonicalizationMethod Transform SignatureProperty',
  ),
  [NS.sci]: words('RawData'),
})

const ELEMENT_ONLY = byNamespace({
  [NS.iodef2]: words(IODEF2),
  [NS.iodef1]: words(IODEF1),
  [NS.rid]: words(RID),
  [NS.ds]: words(DS),
  [NS.sci]: words(SCI),
  [NS.enum]: words('ReferenceName'),
  [NS.incident]: words('report inquiry request response'),
})

/** What the normal form knows of IODEF, RID and the vocabularies inside them. */
export const contentModel: ContentModel = {
  elementOnly: (element: XmlElement) => ELEMENT_ONLY.get(element.ns)?.has(element.local) === true,
  opaque: (element: XmlElement) => OPAQUE.get(element.ns)?.has(element.local) === true,
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/))
}

/** A map, since a stranger chooses namespace names, and objects know `constructor` and the like. */
function byNamespace(lists: Readonly<Record<string, ReadonlySet<string>>>): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(Object.entries(lists))
}
