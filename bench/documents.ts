import { expectedItems, fixtures, ridReport } from '../test/support/reports.ts'

const PHISHING = fixtures('valid').find(({ name }) => name === 'phishing-campaign.xml')?.text ?? ''

/** A full report of about 6 KB as a RID message, with an IncidentID of its own. */
export function report(id: string): string {
  return ridReport(PHISHING.replace('>2026-0417<', `>${id}<`))
}

/** The same item that the gateway makes of a report. */
export function item(rid: string): { id: string; xml: string } {
  const document = /<IODEF-Document .*<\/IODEF-Document>/s.exec(rid)?.[0] ?? ''
  const [expected] = expectedItems(document)
  if (expected === undefined) throw new Error('no Incident')
  return { id: expected.id, xml: `<report xmlns="urn:xmpp:incident:2">${expected.incident}</report>` }
}
