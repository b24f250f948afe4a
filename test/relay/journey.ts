import assert from 'node:assert/strict'
import type { Config, PeerConfig, TopicConfig } from '../../src/config/types.ts'
import type { DocumentReading } from '../../src/reading/document.ts'
import type { Inspection } from '../../src/reading/inspection.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import type { Publication } from '../../src/relay/make-items.ts'
import { type Consumed, consumedFrom } from '../../src/relay/part.ts'
import { createPeerSink } from '../../src/relay/peer-sink.ts'
import { type Plan, planItems } from '../../src/relay/plan-items.ts'
import { encodePart } from '../../src/relay/stored-part.ts'
import type { Delivery } from '../../src/store/contract.ts'
import type { MsgType } from '../../src/vocabulary.ts'
import { schemas } from '../support/documents.ts'
import { TO_PEER, topic } from '../support/sample-config.ts'

/** The way of a document from RID to the grid and back, without network, store and threads. */
export const EVERYTHING = ['public', 'partner', 'need-to-know', 'private', 'default'] as const

export function read(text: string | Uint8Array, charset?: string): Inspection {
  return readDocument(schemas(), Buffer.from(text), charset === undefined ? {} : { charset })
}

export function valid(text: string | Uint8Array): Inspection & { readonly document: DocumentReading } {
  const inspection = read(text)
  assert.ok(inspection.valid && inspection.document !== null, JSON.stringify(inspection.errors[0]))
  return { ...inspection, document: inspection.document }
}

export function peer(more: Partial<PeerConfig> = {}): PeerConfig {
  return {
    name: 'csirt-a',
    identity: { dns: 'csirt-a.example' },
    accept: ['Report', 'Query', 'InvestigationRequest', 'TraceRequest', 'Result'],
    publish: ['incident', 'other'],
    url: 'https://csirt-a.example/',
    topics: ['incident', 'other'],
    send: ['Report', 'Query', 'InvestigationRequest', 'TraceRequest', 'Result'],
    restrictions: EVERYTHING,
    policy: { region: 'PeerToPeer', traffic: 'Attack' },
    strict: false,
    replies: 'strict',
    ...more,
  }
}

export function grid(more: Partial<TopicConfig> = {}, maxItem = 10_000_000): Pick<Config, 'grid' | 'routes'> {
  return {
    grid: { ...topic('incident', { restrictions: EVERYTHING, ...more }), maxItem },
    routes: [{ match: {}, topic: 'incident' }],
  }
}

export function plan(posted: Inspection, config = grid(), from = peer(), msgType: MsgType = 'Report'): Plan {
  assert.ok(posted.document !== null)
  return planItems(config, from, msgType, posted.document, posted.rid)
}

export function published(posted: Inspection, config = grid(), msgType: MsgType = 'Report'): readonly Publication[] {
  const made = plan(posted, config, peer(), msgType)
  assert.equal(made.kind, 'publish', JSON.stringify(made))
  return made.kind === 'publish' ? made.publications : []
}

export function consume(xml: string): Consumed {
  const consumed = consumedFrom(valid(xml))
  assert.ok(consumed !== undefined)
  return consumed
}

/** What the peer gets for these items, which came in this order. `earlier`: what the store has of before. */
export async function sent(
  consumed: readonly Consumed[],
  to = peer(),
  earlier: readonly Consumed[] = [],
): Promise<string> {
  let message = ''
  const sink = createPeerSink({
    peer: to,
    sender: {
      async send({ write }) {
        message = write(TO_PEER)
        return { kind: 'delivered', status: 200 }
      },
      async [Symbol.asyncDispose]() {},
    },
    store: {
      findPayload: async (_kind, _peer, item) =>
        earlier.filter((e) => e.item === item).map(({ part }) => encodePart(part))[0],
      sourcesOf: async () => [],
    },
    keepAnswer: async () => assert.fail('answered'),
  })
  const listed = consumed.find((one) => one.listed !== undefined && one.listed.length > 0)?.listed ?? []
  const deliveries = consumed.map((one) => delivery(one, listed))
  const outcome = await sink.send(deliveries, AbortSignal.timeout(10_000))
  assert.equal(outcome.kind, 'delivered', JSON.stringify(outcome))
  return message
}

/** `listed`: what a document of many consists of, as one of its items says. */
export function delivery({ item, incident, part }: Consumed, listed: readonly string[] = []): Delivery {
  return {
    id: item,
    envelope: 'e',
    direction: 'grid-to-rid',
    source: 'incident',
    kind: 'peer',
    destination: 'csirt-a',
    incident,
    item,
    payload: encodePart(part),
    group:
      part.items.length === 0 && part.list === undefined
        ? null
        : { id: 'g', items: part.list === undefined ? part.items : listed },
    state: 'sending',
    attempts: 1,
    nextAttempt: null,
    reason: null,
    createdAt: 0,
    updatedAt: 0,
  }
}
