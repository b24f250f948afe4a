import { isDeepStrictEqual } from 'node:util'
import type { PeerConfig } from '../config/types.ts'
import type { Sink, SinkOutcome } from '../delivery/sink.ts'
import type { MessageNews } from '../events/messages.ts'
import { missingFrom } from '../iodef/restriction.ts'
import type { PeerAnswer, SendOutcome } from '../outcome.ts'
import type { OutgoingMessage, RidSender } from '../rid/contract.ts'
import type { Delivery, Seen } from '../store/contract.ts'
import { type Tell, untold } from '../tell.ts'
import { fitting } from './fitting-parts.ts'
import { type Downgrade, inVersion, tellLosses } from './in-version.ts'
import type { Consumed, Part } from './part.ts'
import { documentOf, renderRid, withheldFrom } from './render-rid.ts'
import { parsePart } from './stored-part.ts'

/** Deliveries to one RID peer: checks policy once more, joins the parts of a document, renders, sends. */
export function createPeerSink(options: {
  readonly peer: PeerConfig
  readonly sender: RidSender
  readonly store: Pick<Seen, 'findPayload' | 'sourcesOf'>
  /** What an item says that was not valid: an operator who retries it may have made the gateway understand it. */
  readonly reread?: (item: string, topic: string) => Promise<Consumed | undefined>
  /** Writes a document as IODEF 1, for a peer that reads nothing later. */
  readonly downgrade?: Downgrade
  /** Keeps what the peer answered to this delivery. Rejects when it could not. */
  readonly keepAnswer: (delivery: Delivery, answer: PeerAnswer) => Promise<void>
  readonly tell?: Tell<Pick<MessageNews, 'downgraded'>>
  /** How a payload is read [parsePart]. */
  readonly readPart?: typeof parsePart
}): Sink {
  const { peer, sender, store, reread, keepAnswer, downgrade = cannotDowngrade, tell = untold } = options
  const { readPart = parsePart } = options
  return {
    async send(unit: readonly Delivery[], signal: AbortSignal): Promise<SinkOutcome> {
      const documents: Map<string, Part>[] = []
      for (const delivery of unit) {
        const own = await partOf(delivery)
        if ('kind' in own) return own
        place(documents, own.item, own.part)
      }
      const messages: Message[] = []
      for (const { document, parts, complete } of await allGathered(documents)) {
        const written = await inVersion(peer, documentOf(parts, complete), downgrade)
        if ('impossible' in written) return held(unit, document, written.impossible)
        const { losses } = written
        messages.push({ message: renderRid(peer, parts, complete, written.document), losses })
      }
      const [first] = unit
      let outcome: SendOutcome = { kind: 'delivered' }
      for (const { message, losses } of messages) {
        outcome = await kept(unit, await sender.send(message, signal))
        if (outcome.kind !== 'delivered') return outcome
        if (first !== undefined) outcome = tellLosses(tell, peer, first, outcome, losses)
      }
      return outcome
    },
  }

  /** What there is of each document, as the messages that it takes. */
  async function allGathered(documents: readonly Map<string, Part>[]) {
    const found = documents.map(async (document) => {
      const gathered = await gather(document, async (item) => documents[0]?.get(item) ?? earlier(item))
      return apart(gathered).map((message) => ({ document, ...message }))
    })
    return (await Promise.all(found)).flat()
  }

  /** An answer is on disk before the question is settled: the one may be asked again, the other is said once. */
  async function kept(unit: readonly Delivery[], outcome: SendOutcome): Promise<SendOutcome> {
    const [asked] = unit
    if (outcome.kind !== 'delivered' || outcome.answer === undefined || asked === undefined) return outcome
    const { answer, ...rest } = outcome
    try {
      await keepAnswer(asked, answer)
    } catch {
      return { kind: 'retry', reason: 'what the peer answered could not be stored', destinationDown: false }
    }
    return rest
  }

  /** What goes out for this delivery, and by which item; or why it does not. */
  async function partOf(delivery: Delivery): Promise<Own | SinkOutcome> {
    const kept = readPart(delivery.payload)
    if (kept.kind === 'unreadable') return { kind: 'hold', reason: kept.reason, only: delivery.id }
    if (kept.kind === 'answer') return { kind: 'hold', reason: kept.answer, only: delivery.id }
    if (kept.kind === 'part') return allowed(delivery, { item: delivery.item, part: kept.part })
    const late = kept.item === undefined ? undefined : await reread?.(kept.item, delivery.source)
    if (late === undefined) return { kind: 'hold', reason: kept.invalid }
    const own = allowed(delivery, late)
    const known = 'kind' in own ? undefined : await knownAlready(late)
    return known === undefined ? own : { kind: 'withhold', reason: known, only: delivery.id }
  }

  /** Policy once more. */
  function allowed({ id, source, group }: Delivery, { item, part: kept }: Own): Own | SinkOutcome {
    const part = kept.list === undefined ? kept : { ...kept, items: group?.items ?? [] }
    if (part.items.length > 0 && !part.items.includes(item)) {
      return { kind: 'hold', reason: 'what the store kept of it is a part of a document without it', only: id }
    }
    const withheld = withheldFrom(peer, source, part)
    return withheld === undefined ? { item, part } : { kind: 'withhold', reason: withheld, only: id }
  }

  /** What could not be read when it came was not asked this then: whose it is, and whether the peer has it, or gets it, already. */
  async function knownAlready({ item, variant, part }: Consumed): Promise<string | undefined> {
    if ((await store.sourcesOf(item, variant)).includes(peer.name)) return `it came from ${peer.name}`
    const other = await stored(item)
    return isDeepStrictEqual(other, part) ? 'it came again, and is another delivery' : undefined
  }

  /** A part that was delivered before as (part of) another document, if this peer may have it. */
  async function earlier(item: string): Promise<Part | undefined> {
    const part = await stored(item, peer.topics)
    return part === undefined || missingFrom(peer.restrictions, part.needed) !== undefined ? undefined : part
  }

  async function stored(item: string, sources?: readonly string[]): Promise<Part | undefined> {
    const payload = await store.findPayload('peer', peer.name, item, sources)
    const kept = payload === undefined ? undefined : parsePart(payload)
    return kept?.kind === 'part' ? kept.part : undefined
  }
}

type Own = Pick<Consumed, 'item' | 'part'>

interface Message {
  readonly message: OutgoingMessage
  /** null: it goes as it is */
  readonly losses: Readonly<Record<string, number>> | null
}

const cannotDowngrade: Downgrade = async () => ({ kind: 'impossible', reason: 'nobody here can' })

/** Of the unit the one that this document is of. */
function held(unit: readonly Delivery[], document: ReadonlyMap<string, Part>, reason: string): SinkOutcome {
  const meant = unit.find(({ item }) => document.has(item))
  return { kind: 'hold', reason, ...(meant !== undefined && { only: meant.id }) }
}

/** Two parts of one item are of two documents, which differ in what only one of their items says: a signature, say. */
function place(documents: Map<string, Part>[], item: string, part: Part): void {
  const document = documents.find((one) => !one.has(item))
  if (document !== undefined) document.set(item, part)
  else documents.push(new Map([[item, part]]))
}

/** In as many messages as it takes for each to be valid; one, where the document goes out as it came. */
function apart(gathered: Gathered): Gathered[] {
  const { parts, complete } = gathered
  if (complete && parts.some(({ original }) => original !== null)) return [gathered]
  const lists = fitting(parts)
  return lists.map((list) => ({ parts: list, complete: complete && lists.length === 1 }))
}

interface Gathered {
  readonly parts: readonly Part[]
  /** all that the document consists of */
  readonly complete: boolean
}

async function gather(
  own: ReadonlyMap<string, Part>,
  earlier: (item: string) => Promise<Part | undefined>,
): Promise<Gathered> {
  const [first] = own.values()
  const items = first?.items ?? []
  if (first === undefined || items.length === 0)
    return { parts: inOrder([...own.values()]), complete: first?.list === undefined }
  const parts = await Promise.all(items.map(async (item) => own.get(item) ?? asPartOf(first, await earlier(item))))
  const found = parts.filter((part) => part !== undefined)
  // policy and shell are those of this document, not of one that shared an Incident with it
  const lead = found.find((part) => [...own.values()].includes(part))
  const ordered = lead === undefined ? found : found.map((part) => ({ ...part, ...aroundIncident(lead) }))
  return { parts: ordered, complete: found.length === items.length }
}

/** Of a document whose list never came, what there is. */
function inOrder(parts: readonly Part[]): readonly Part[] {
  return parts.toSorted((a, b) => (a.list?.position ?? 0) - (b.list?.position ?? 0))
}

/** What is known of an Incident from another document: that one's original would go out in the place of this document. */
function asPartOf(document: Part, part: Part | undefined): Part | undefined {
  // an IODEF 1 Incident has no place in an IODEF 2 document
  if (part === undefined || part.version !== document.version) return undefined
  const list = document.list?.name ?? document.items.join()
  const same = part.shell === document.shell && (part.list?.name ?? part.items.join()) === list
  return same ? part : { ...part, original: null, signatures: [] }
}

function aroundIncident(part: Part): Pick<Part, 'shell' | 'policy' | 'msgType' | 'incidentSource' | 'id'> {
  return {
    shell: part.shell,
    policy: part.policy,
    msgType: part.msgType,
    incidentSource: part.incidentSource,
    id: part.id,
  }
}
