import { expectedItems, fixtures, iodef, ridReport } from '../test/support/reports.ts'

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

/** KB */
export const SIZES = ['2', '6.5', '100'] as const
export type Size = (typeof SIZES)[number]

/** A RID report with an IncidentID of its own, of about so many KB: less than `report`, the same, and with its EventData again and again. */
export function sized(id: string, size: Size): string {
  if (size === '2') return ridReport(iodef({ id }))
  const whole = report(id)
  if (size === '6.5') return whole
  const event = /<EventData>.*?<\/EventData>/s.exec(whole)?.[0] ?? ''
  return whole.replace(event, event.repeat(Math.round(94_000 / event.length)))
}
