/** The RID Report that a tool would send (RFC 6545 §5, §7.4): IODEF 2 in ReportSchema, RIDPolicy in IODEF 1's namespace. */
export function ridReport(iodef: string, incident: { readonly name: string; readonly id: string }): string {
  const document = iodef.replace(/^<\?xml[^>]*\?>\s*/, '').trim()
  return `<?xml version="1.0" encoding="UTF-8"?>
<iodef-rid:RID lang="en" xmlns:iodef-rid="urn:ietf:params:xml:ns:iodef-rid-2.0" xmlns:v1="urn:ietf:params:xml:ns:iodef-1.0">
  <iodef-rid:RIDPolicy MsgType="Report" MsgDestination="RIDSystem">
    <iodef-rid:PolicyRegion region="PeerToPeer"/>
    <v1:Node><v1:NodeName>gateway.example</v1:NodeName></v1:Node>
    <iodef-rid:TrafficType type="Attack"/>
    <v1:IncidentID name="${incident.name}">${incident.id}</v1:IncidentID>
    <iodef-rid:ReportSchema Version="ext-value" ext-Version="2.00"
        XMLSchemaID="ext-value" ext-XMLSchemaID="urn:ietf:params:xml:ns:iodef-2.0">
      <iodef-rid:XMLDocument dtype="xml" meaning="xml">${document}</iodef-rid:XMLDocument>
    </iodef-rid:ReportSchema>
  </iodef-rid:RIDPolicy>
</iodef-rid:RID>
`
}
