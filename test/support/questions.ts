import assert from 'node:assert/strict'
import { eventually } from './eventually.ts'
import { ridReport } from './reports.ts'
import type { RidClient } from './rid-client.ts'
import type { Site } from './site.ts'

/** Posts a report, and waits until its Topic `incident` showed it to the gateway. */
export async function showOnTopic(site: Site, client: RidClient, document: string): Promise<void> {
  const taken = () => site.metric('iodef_gateway_messages_total', { source: 'incident', outcome: 'consumed' })
  const before = await taken()
  const { status, body } = await client.post(ridReport(document))
  assert.equal(status, 200, body)
  await eventually('the Topic to show it', async () => (await taken()) > before, { ms: 60_000 })
}

/** Waits until none of its questions is open. */
export function questionsClosed(site: Site): Promise<void> {
  const open = () => site.metric('iodef_gateway_exchanges', { state: 'open' })
  return eventually('every question to be closed', async () => (await open()) === 0, { ms: 60_000 })
}
