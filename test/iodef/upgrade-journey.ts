import assert from 'node:assert/strict'
import type { Config, PeerConfig, TopicConfig } from '../../src/config/types.ts'
import type { DocumentReading } from '../../src/reading/document.ts'
import type { Inspection } from '../../src/reading/inspection.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import type { Publication } from '../../src/relay/make-items.ts'
import { type Consumed, consumedFrom } from '../../src/relay/part.ts'
import { type Plan, planItems } from '../../src/relay/plan-items.ts'
import { renderRid } from '../../src/relay/render-rid.ts'
import type { RidReading } from '../../src/rid/message.ts'
import { schemas } from '../support/documents.ts'
import { TO_PEER, topic } from '../support/sample-config.ts'

export const LABELS = ['public', 'partner', 'need-to-know', 'private', 'default'] as const

export const PEER: PeerConfig = {
  name: 'csirt-old',
  identity: {},
  accept: ['Report'],
  publish: ['incident', 'traceback'],
  topics: ['incident', 'traceback'],
  send: ['Report', 'Query', 'InvestigationRequest', 'TraceRequest', 'Result'],
  restrictions: LABELS,
  policy: { region: 'PeerToPeer', traffic: 'Attack' },
  strict: false,
  replies: 'strict',
}

export const GATEWAY = { rid: { name: 'gateway.example' } } as unknown as Pick<Config, 'rid'>

/** One Topic for everything, and no limit that a test would meet. */
export function config(more: Partial<TopicConfig> = {}): Pick<Config, 'routes' | 'grid'> {
  return {
    routes: [{ match: {}, topic: 'incident' }],
    grid: { ...topic('incident', { restrictions: LABELS, ...more }), maxItem: 16_000_000 },
  }
}

export function inspect(text: string | Uint8Array): Inspection {
  return readDocument(schemas(), typeof text === 'string' ? Buffer.from(text) : text)
}

/** The IODEF 1 document in what was posted. */
export function postable(text: string | Uint8Array): DocumentReading {
  const { valid, errors, document } = inspect(text)
  assert.ok(valid && document !== null, errors[0]?.message)
  assert.equal(document.version, 1)
  return document
}

export function upgradedOf({ upgraded }: DocumentReading): DocumentReading {
  assert.ok(upgraded !== null && !('invalid' in upgraded), JSON.stringify(upgraded))
  return upgraded
}

export function plan(posted: DocumentReading, rid: RidReading | null = null, on = config()): Plan {
  return planItems(on, PEER, 'Report', upgradedOf(posted), rid)
}

export function publish(posted: DocumentReading, rid: RidReading | null = null): readonly Publication[] {
  const planned = plan(posted, rid)
  assert.ok(planned.kind === 'publish', JSON.stringify(planned))
  return planned.publications
}

export function consume(xml: string): Consumed {
  const inspection = inspect(xml)
  assert.ok(inspection.valid, inspection.errors[0]?.message)
  const consumed = consumedFrom(inspection)
  assert.ok(consumed !== undefined)
  return consumed
}

/** The RID message of some items of one document, in document order; an item can stand for several Incidents. */
export function toRid(items: readonly Consumed[]): { text: string; inspection: Inspection } {
  const wanted = items[0]?.part.items ?? []
  const parts = wanted.length === 0 ? items : wanted.flatMap((id) => items.find(({ item }) => item === id) ?? [])
  const complete = wanted.length === 0 || parts.length === wanted.length
  const { write } = renderRid(
    PEER,
    parts.map(({ part }) => JSON.parse(JSON.stringify(part))),
    complete,
  )
  const text = write(TO_PEER)
  const inspection = inspect(text)
  assert.ok(inspection.valid, inspection.errors[0]?.message)
  return { text, inspection }
}

/** RID to grid to RID: the document that a peer is sent. */
export function goRound(posted: DocumentReading, rid: RidReading | null = null): DocumentReading {
  const publications = publish(posted, rid)
  const items = publications.map(({ item }) => consume(item.xml))
  assert.deepEqual(
    items.map(({ item }) => item),
    publications.map(({ item }) => item.id),
    'an item is known by the id that it was published with',
  )
  const { document } = toRid(items).inspection
  assert.ok(document !== null)
  return document
}
