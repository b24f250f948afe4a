import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import type { Config } from '../../src/config/types.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createReader } from '../../src/reading/reader.ts'
import { createAccept } from '../../src/relay/accept.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { fixtures } from '../support/reports.ts'
import { config, consume, GATEWAY, PEER } from './upgrade-journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

async function createDoor(strict = false) {
  const bench = await createBench(MEMORY)
  const { store, clock } = bench
  const accept = createAccept({
    config: { ...GATEWAY, ...config(), peers: [PEER], delivery: { maxQueue: 100 } } as unknown as Config,
    reader,
    store,
    events: createEvents({ log, metrics: createMetrics(), clock }),
    wake: () => undefined,
  })
  return {
    ...bench,
    post: (body: string | Uint8Array) =>
      accept({
        id: 'm',
        peer: { ...PEER, strict },
        body: typeof body === 'string' ? Buffer.from(body) : body,
        receivedAt: clock.now(),
      }),
    async items() {
      const shown = (await store.list()).map(({ id }) => store.show(id))
      return (await Promise.all(shown)).map((one) => one!)
    },
  }
}

const rid = readFileSync(new URL('../../fixtures/rid/report-iodef-1.xml', import.meta.url), 'utf8')

describe('the answer to an IODEF 1 report', () => {
  test('is Approved with its IncidentID, in RID', async () => {
    await using door = await createDoor()
    const answer = await door.post(rid)
    assert.ok(answer.kind === 'reply')
    assert.match(answer.xml, /<RequestStatus AuthorizationStatus="Approved">/)
    assert.match(answer.xml, /<IncidentID [^>]*name="csirt.old.example">O-1</)
    assert.deepEqual(
      (await door.items()).map(({ destination, incident, state }) => ({ destination, incident, state })),
      [{ destination: 'incident', incident: 'csirt.old.example O-1', state: 'pending' }],
    )
  })

  for (const { name, bytes } of fixtures('valid').filter((fixture) => fixture.name.startsWith('v1-'))) {
    test(`is Approved, bare, also by a strict peer's rules: ${name}`, async () => {
      await using door = await createDoor(true)
      const answer = await door.post(bytes)
      assert.ok(answer.kind === 'reply', JSON.stringify(answer))
      assert.match(answer.xml, /"Approved"/)
      assert.ok((await door.items()).length > 0)
    })
  }

  test('is the same again, and nothing is published twice', async () => {
    await using door = await createDoor()
    const first = await door.post(rid)
    assert.deepEqual(await door.post(rid), first)
    assert.equal((await door.items()).length, 1)
  })

  test('remembers who sent it, so that its item does not go back there', async () => {
    await using door = await createDoor()
    await door.post(rid)
    const [published] = await door.items()
    assert.ok(published !== undefined)
    const consumed = consume(published.payload)
    assert.equal(consumed.item, published.item)
    assert.deepEqual(await door.store.sourcesOf(consumed.item), [PEER.name])
  })

  test('is Denied with the reason in the trace when it is no IODEF 2, whatever it is', async () => {
    await using door = await createDoor()
    // IODEF 1's schema does not know the Incident of IODEF 2, IODEF 2's does
    const data =
      '<AdditionalData dtype="xml"><Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" purpose="x"/></AdditionalData>'
    const old = readFileSync(new URL('../../fixtures/valid/v1-minimal.xml', import.meta.url), 'utf8')
    const answer = await door.post(old.replace('</Incident>', `${data}</Incident>`))
    assert.ok(answer.kind === 'reply', JSON.stringify(answer))
    assert.match(answer.xml, /AuthorizationStatus="Denied" Justification="UnrecognizedFormat"/)
    assert.deepEqual(await door.items(), [])
    const [event] = await door.store.trace('csirt.old.example O-1')
    assert.match(JSON.stringify(event), /IODEF 1 document cannot be written as IODEF 2: .*purpose/)
  })

  test('is 400 when it is not valid as IODEF 1', async () => {
    await using door = await createDoor()
    const answer = await door.post(
      readFileSync(new URL('../../fixtures/invalid/v1-no-assessment.xml', import.meta.url)),
    )
    assert.equal(answer.kind === 'problem' && answer.problem.status, 400)
  })
})
