import type { PeerConfig } from '../config/types.ts'
import type { Sink } from '../delivery/sink.ts'
import { GatewayError } from '../errors.ts'
import type { Grid, GridItem, Participants } from '../grid/contract.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Consumed } from '../relay/part.ts'
import type { Answer, IncomingMessage, RidSender } from '../rid/contract.ts'
import type { NewRecord } from '../store/archive.ts'
import { isQuestion } from '../vocabulary.ts'
import { askByRid } from './ask-by-rid.ts'
import type { Askers } from './asker.ts'
import { createAsking } from './asking.ts'
import type { ExchangeContext } from './context.ts'
import { runDue } from './due.ts'
import { createErrandSink } from './errand-sink.ts'
import { type FromTopic, takeFromTopic } from './from-topic.ts'
import { createHolds } from './holds.ts'
import { createJidAnswerSink } from './jid-answer-sink.ts'
import { createJidSink, type JidSinkOptions } from './jid-sink.ts'
import { createRate } from './rate.ts'
import { recordOf } from './record.ts'
import { takeCallback } from './take-callback.ts'
import { type FromJid, takeFromJid } from './take-from-jid.ts'
import { createParticipants, type IqOptions } from './take-iq.ts'
import { takenBack } from './taken-back.ts'
import { createTopicErrandSink } from './topic-sink.ts'

/** Questions and answers between RID peers (RFC 6545 §7, RFC 6546 §3), and what the Topics showed to answer them with. */
export interface ExchangeSide {
  /**
   * What becomes of a message that was read, is whole and may be sent by this peer, if it is a question or an answer. Undefined: it is
   * neither, and as any other; `unasked`: the same, but its sender expects an empty response.
   */
  receive(message: IncomingMessage, inspection: Inspection): Promise<Answer | 'unasked' | undefined>
  /** What the archive keeps of an item; undefined for nothing. */
  record(item: GridItem, consumed: Consumed, inspection: Inspection, takenIn: number): NewRecord | undefined
  /** Deliveries to a peer: of questions and answers by itself, all others by `otherwise`. */
  sink(peer: PeerConfig, sender: RidSender | undefined, otherwise: Sink | undefined): Sink
  /** Deliveries to somebody on the grid: of questions by itself, all others by `otherwise`. */
  jidSink(options: JidSinkOptions): Sink
  /**
   * What becomes of a `report` or `response` that somebody sent, full JID `from`, and that was read: undefined where it answers nothing
   * that was asked of him, and is as any other.
   */
  takeFromJid(from: string, inspection: Inspection): Promise<FromJid | undefined>
  /** Who on the grid may send IQs about incidents, and what becomes of those. */
  participants(options: IqOptions): Participants
  /** Deliveries of answers to a participant. */
  answersByIq(grid: Pick<Grid, 'request'>): Sink
  /**
   * What an item of a Topic asks or answers, on disk once it resolves; the peers that have, or get, what it says by that. Rejects where
   * it has to be tried again.
   */
  converse(shown: FromTopic): Promise<readonly string[]>
  /** Deliveries to Topics: of questions and answers by itself, all others by `otherwise`. */
  topicSink(grid: Pick<Grid, 'publish' | 'retract' | 'obstacle'>, otherwise: Sink): Sink
  /** These items of a Topic are gone from it, or all are. */
  gone(topic: string, items?: readonly string[]): Promise<void>
  /** What time does to questions. */
  runDue(): Promise<void>
  /** Something was done to this question elsewhere, or to whichever: who waits for an answer looks again. */
  happened(exchange?: string): void
  /** Nobody waits for an answer any longer: those who do are promised one. */
  drain(): void
}

interface ExchangeSideOptions extends Omit<ExchangeContext, 'holds' | 'asking'> {
  readonly senderAt: (peer: PeerConfig, address: string) => RidSender
}

/** Topics whose items are kept: those that somebody's Queries, or inquiries, may see. */
export function archivedTopics({ peers, grid }: Askers): ReadonlySet<string> {
  return new Set([...peers, ...grid.participants, ...grid.topics].flatMap(({ query }) => query ?? []))
}

/** Topics that questions are asked on, or of which it is said what questions on them may see: their items may ask, and answer. */
export function askedTopics({ grid, routes }: Pick<ExchangeContext['config'], 'grid' | 'routes'>): ReadonlySet<string> {
  const asked = routes.flatMap(({ ask = [] }) => ask.filter((one) => one.startsWith('topic:')))
  const asking = grid.topics.filter(({ query }) => query !== undefined)
  return new Set([...asked.map((one) => one.slice('topic:'.length)), ...asking.map(({ name }) => name)])
}

export function createExchangeSide({ senderAt, ...options }: ExchangeSideOptions): ExchangeSide {
  const holds = createHolds(options.clock)
  const startedAt = options.clock.now()
  const context: ExchangeContext = { ...options, holds, asking: createAsking() }
  const rate = createRate(() => options.config.exchanges.rate)
  return {
    async receive(message, inspection) {
      const { valid, rid, improper = [] } = inspection
      if (!valid || rid === null || rid.policy === null || rid.documents > 1 || improper.length > 0) return undefined
      if (!isQuestion(rid.msgType)) return takeCallback(context, message, inspection)
      if (!message.peer.accept.includes(rid.msgType)) return undefined
      return askByRid(context, rate, message, { ...inspection, rid })
    },
    record(item, consumed, inspection, takenIn) {
      return archivedTopics(options.config).has(item.topic) ? recordOf(item, consumed, inspection, takenIn) : undefined
    },
    sink: (peer, sender, otherwise) => {
      return createErrandSink(context, { peer, sender, otherwise, senderAt: (address) => senderAt(peer, address) })
    },
    jidSink: (jid) => createJidSink(context, jid),
    takeFromJid: (from, inspection) => takeFromJid(context, from, inspection),
    participants: (more) => createParticipants(context, rate, more),
    answersByIq: (grid) => createJidAnswerSink(context, grid),
    async converse(shown) {
      try {
        return await takeFromTopic(context, rate, shown)
      } catch (error) {
        if (error instanceof GatewayError && error.code !== 'internal') throw error
        // the same item would do it again, and stop its Topic
        options.events.storeFailed('converse', error)
        return []
      }
    },
    topicSink: (grid, otherwise) => createTopicErrandSink(context, { grid, otherwise, startedAt }),
    gone: (topic, items) => takenBack(context, topic, items),
    async runDue() {
      // what is queued where an answer came to its asker is known to the store alone
      for (const topic of askedTopics(options.config)) options.wake('topic', topic)
      await runDue(context)
    },
    happened: holds.happened,
    drain: holds.end,
  }
}
