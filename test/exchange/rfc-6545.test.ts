import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import type { Answer } from '../../src/rid/contract.ts'
import { eventually } from '../support/eventually.ts'
import { rfc6545, type Written } from '../support/rfc-6545.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench } from './bench.ts'

/** What it is answered, in a few words. */
function words(answer: Answer): string {
  if (answer.kind === 'promised') return '202'
  if (answer.kind === 'problem') return String(answer.problem.status)
  if (answer.xml === '') return '200 empty'
  const { rid } = message(answer)
  const { AuthorizationStatus: status, Justification: why } = rid?.requestStatus ?? {}
  return ['200', rid?.msgType, status, why].filter((word) => word !== undefined).join(' ')
}

/** A peer that may send all of it; its requests are asked of another, who promises an answer. */
async function answersTo(written: Written, from: Partial<PeerConfig> = {}): Promise<Record<string, string>> {
  const asker = { ...ASKER, ...from }
  const routes = [
    { match: { type: ['TraceRequest', 'InvestigationRequest'] as const }, ask: ['peer:csirt-b'] as const },
    { match: {}, topic: 'incident' },
  ]
  const config = { peers: [asker, OTHER], routes, exchanges: { ...EXCHANGES, hold: 1_000 } }
  await using t = await openBench(config, () => ({ status: 202, callbackToken: 'theirs' }))
  t.engine.start()
  const found: Record<string, string> = {}
  for (const [section, xml] of Object.entries(rfc6545(written))) {
    const answer = t.post(xml, asker).then((came) => {
      found[section] = words(came)
    })
    // what is promised is waited for first
    await eventually(section, async () => {
      await t.clock.advance(1_000)
      return found[section] !== undefined
    })
    await answer
  }
  return found
}

/** Of whoever is asked nothing: what answers is not taken from anybody. */
const ANSWERS = {
  '7.1.1 TraceRequest': '202',
  '7.1.2 Acknowledgement': '403',
  '7.1.3 Result': '403',
  '7.2.1 InvestigationRequest': '202',
  '7.2.2 Acknowledgement': '403',
  '7.3.1 Report': '200 Acknowledgement Approved',
  // nothing is known of it
  '7.4.1 Query': '200 Report',
}

describe('the messages of RFC 6545 section 7', () => {
  test('as printed', async () => {
    assert.deepEqual(await answersTo('as printed'), {
      ...ANSWERS,
      // its IODEF-Document is in no namespace
      '7.1.1 TraceRequest': '200 Acknowledgement Denied UnrecognizedFormat',
    })
  })

  test('as printed, where lenient is set', async () => {
    assert.deepEqual(await answersTo('as printed', { lenient: true }), {
      ...ANSWERS,
      // the same, and it is signed
      '7.1.1 TraceRequest': '200 Acknowledgement Denied UnrecognizedFormat',
    })
  })

  test('rebuilt with IODEF 2', async () => {
    assert.deepEqual(await answersTo('with IODEF 2'), ANSWERS)
  })

  test('a TraceRequest without its signature is repaired where lenient is set, and asked on whole', async () => {
    const unsigned = rfc6545('as printed')['7.1.1 TraceRequest']?.replace(/<iodef-rid:Signature.*Signature>/s, '') ?? ''
    const asker = { ...ASKER, lenient: true }
    const routes = [{ match: {}, ask: ['peer:csirt-b'] as const }]
    await using t = await openBench({ peers: [asker, OTHER], routes }, () => ({ status: 202, callbackToken: 'theirs' }))
    t.engine.start()
    void t.post(unsigned, asker)
    await eventually('it to be asked on', () => t.posted.length > 0)
    const [asked] = t.posted
    assert.equal(asked?.inspection.document?.incidents[0]?.key, 'CERT-OF-ONE-DOMAIN CERT-OF-ONE-DOMAIN#207-1')
    assert.doesNotMatch(asked?.xml ?? '', /<IODEF-Document lang="en">/)
  })

  test('a request whose document nobody can read is denied, not asked on without it', async () => {
    const request =
      rfc6545('as printed')['7.2.1 InvestigationRequest']?.replaceAll('iodef:IODEF-Document', 'Other') ?? ''
    const routes = [{ match: {}, ask: ['peer:csirt-b'] as const }]
    await using t = await openBench({ peers: [ASKER, OTHER], routes })
    t.engine.start()
    assert.equal(words(await t.post(request)), '200 Acknowledgement Denied UnrecognizedFormat')
    assert.deepEqual(t.posted, [])
  })
})
