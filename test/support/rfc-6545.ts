import { IODEF1, IODEF2, RID } from './documents.ts'

/**
 * The seven messages that RFC 6545 §7 shows, in its manner and with words of our own: prefixes everywhere, a number padded with lines and
 * with its instance in its text, an IODEF-Document without version, and what else its examples lack.
 */

export type Written = 'as printed' | 'with IODEF 2'

const ID = (name: string, number: string) => `<iodef:IncidentID name="${name}">
      ${name}#${number}
    </iodef:IncidentID>`

const NAME = 'CERT-OF-ONE-DOMAIN'

interface Shape {
  readonly msgType: string
  readonly number: string
  readonly destination?: string
  readonly region?: string
  /** of the receiver, or what stands for it there */
  readonly address: string
  readonly document?: string
  /** in ReportSchema, behind XMLDocument */
  readonly signature?: string
  readonly behind?: string
}

function message({ msgType, number, destination = 'RIDSystem', region = 'PeerToPeer', ...more }: Shape): string {
  const { address, document, signature = '', behind = '' } = more
  const schema =
    document === undefined
      ? ''
      : `<iodef-rid:ReportSchema Version="1.0">
    <iodef-rid:XMLDocument dtype="xml" meaning="xml">
    ${document}
    </iodef-rid:XMLDocument>${signature}
  </iodef-rid:ReportSchema>`
  return `<iodef-rid:RID lang="en" xmlns:iodef-rid="${RID}" xmlns:iodef="${IODEF1}">
  <iodef-rid:RIDPolicy MsgType="${msgType}" MsgDestination="${destination}">
    <iodef-rid:PolicyRegion region="${region}"/>
    <iodef:Node>
      <iodef:Address category="ipv4-addr">${address}</iodef:Address>
    </iodef:Node>
    <iodef-rid:TrafficType type="Attack"/>
    ${ID(NAME, number)}
  ${schema}
  </iodef-rid:RIDPolicy>${behind}
</iodef-rid:RID>`
}

interface Incident {
  readonly number: string
  readonly purpose: string
  readonly impact: string
}

const system = (category: string, address: string, port: number) => `<iodef:System category="${category}">
      <iodef:Node><iodef:Address category="ipv4-addr">${address}
      </iodef:Address></iodef:Node>
      <iodef:Service ip_protocol="6"><iodef:Port>${port}</iodef:Port></iodef:Service>
    </iodef:System>`

const incident1 = ({
  number,
  purpose,
  impact,
}: Incident) => `<iodef:Incident restriction="need-to-know" purpose="${purpose}">
    ${ID(NAME, number)}
    <iodef:DetectTime>2026-02-02T22:49:24+00:00</iodef:DetectTime>
    <iodef:StartTime>2026-02-02T22:19:24+00:00</iodef:StartTime>
    <iodef:ReportTime>2026-02-02T23:20:24+00:00</iodef:ReportTime>
    <iodef:Description>
      A host that takes part in an attack</iodef:Description>
    <iodef:Assessment><iodef:Impact severity="low" completion="failed" type="${impact}"/></iodef:Assessment>
    <iodef:Contact role="creator" type="organization">
      <iodef:ContactName>Whoever answers for 192.0.2.35
      </iodef:ContactName>
      <iodef:Email>contact@192.0.2.35</iodef:Email>
    </iodef:Contact>
    <iodef:EventData><iodef:Flow>
    ${system('source', '192.0.2.35', 38765)}
    ${system('target', '192.0.2.67', 80)}
    </iodef:Flow>
    <iodef:Expectation action="rate-limit-host" severity="high"><iodef:Description>Limit it at its source</iodef:Description></iodef:Expectation>
    </iodef:EventData>
    <iodef:History><iodef:HistoryItem action="rate-limit-host">
      <iodef:DateTime>
        2026-02-02T22:53:01+00:00
      </iodef:DateTime>
      ${ID('CSIRT-OF-ONE-DOMAIN', number)}
      <iodef:Description>
        The next upstream was told</iodef:Description>
    </iodef:HistoryItem></iodef:History>
  </iodef:Incident>`

const document1 = (of: Incident, name = 'iodef:IODEF-Document') =>
  `<${name} lang="en">\n  ${incident1(of)}\n    </${name}>`

const document2 = ({
  number,
  purpose,
  impact,
}: Incident) => `<IODEF-Document xmlns="${IODEF2}" version="2.00" xml:lang="en">
  <Incident restriction="need-to-know" purpose="${purpose}">
    <IncidentID name="${NAME}">
      ${NAME}#${number}
    </IncidentID>
    <DetectTime>2026-02-02T22:49:24+00:00</DetectTime>
    <StartTime>2026-02-02T22:19:24+00:00</StartTime>
    <ReportTime>2026-02-02T23:20:24+00:00</ReportTime>
    <GenerationTime>2026-02-02T23:20:24+00:00</GenerationTime>
    <Description>A host that takes part in an attack</Description>
    <Assessment><SystemImpact severity="low" completion="failed" type="${impact}"/></Assessment>
    <Contact role="creator" type="organization"><ContactName>Whoever answers for 192.0.2.35</ContactName></Contact>
    <EventData><Flow>
      <System category="source"><Node><Address category="ipv4-addr">192.0.2.35</Address></Node></System>
      <System category="target"><Node><Address category="ipv4-addr">192.0.2.67</Address></Node></System>
    </Flow><Expectation action="rate-limit-host" severity="high"/></EventData>
  </Incident>
</IODEF-Document>`

/** A signature as it looks: nobody here checks it. */
const SIGNATURE = `<iodef-rid:Signature dtype="xml" meaning="xml">
    <Signature xmlns="http://www.w3.org/2000/09/xmldsig#" Id="dsig-1"><SignedInfo>
    <CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
    <SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
    <Reference URI=""><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>AAAA</DigestValue></Reference>
    </SignedInfo><SignatureValue>AAAA</SignatureValue></Signature>
    </iodef-rid:Signature>`

const status = (attributes: string) => `<iodef-rid:RequestStatus ${attributes}/>`

const SOURCE = `<iodef-rid:IncidentSource>
    <iodef-rid:SourceFound>true</iodef-rid:SourceFound>
    <iodef:Node><iodef:Address category="ipv4-addr">192.0.2.37</iodef:Address></iodef:Node>
  </iodef-rid:IncidentSource>`

/** By the section that shows it. */
export function rfc6545(written: Written): Readonly<Record<string, string>> {
  const isOld = written === 'as printed'
  const document = (of: Incident, name?: string) => (isOld ? document1(of, name) : document2(of))
  return {
    '7.1.1 TraceRequest': message({
      msgType: 'TraceRequest',
      number: '207-1',
      region: 'IntraConsortium',
      address: '192.0.2.3',
      document: document(
        { number: '207-1', purpose: 'traceback', impact: isOld ? 'dos' : 'availability-system' },
        'IODEF-Document',
      ),
      signature: SIGNATURE,
    }),
    '7.1.2 Acknowledgement': message({
      msgType: 'Acknowledgement',
      number: '207-1',
      region: 'IntraConsortium',
      address: '192.0.2.67',
      behind: status('AuthorizationStatus="Approved"'),
    }),
    '7.1.3 Result': message({
      msgType: 'Result',
      number: '207-1',
      region: 'IntraConsortium',
      address: '192.0.2.67',
      document: document({ number: '207-1', purpose: 'traceback', impact: isOld ? 'dos' : 'availability-system' }),
      behind: SOURCE,
    }),
    '7.2.1 InvestigationRequest': message({
      msgType: 'InvestigationRequest',
      number: '208-1',
      destination: 'SourceOfIncident',
      address: '192.0.2.98',
      document: document({ number: '208-1', purpose: 'other', impact: isOld ? 'recon' : 'breach-proprietary' }),
    }),
    '7.2.2 Acknowledgement': message({
      msgType: 'Acknowledgement',
      number: '208-1',
      address: '192.0.2.67',
      behind: status('AuthorizationStatus="Denied" Justification="Authentication"'),
    }),
    '7.3.1 Report': message({
      msgType: 'Report',
      number: '209-1',
      address: '192.0.2.130',
      document: document({ number: '209-1', purpose: 'reporting', impact: isOld ? 'admin' : 'breach-privacy' }),
    }),
    '7.4.1 Query': message({ msgType: 'Query', number: '210-1', address: '192.0.2.3' }),
  }
}
