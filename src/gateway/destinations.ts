import type { Clock } from '../clock.ts'
import type { Config, PeerConfig } from '../config/types.ts'
import type { DestinationOptions } from '../delivery/engine.ts'
import type { Sink } from '../delivery/sink.ts'
import type { Events } from '../events.ts'
import type { ExchangeSide } from '../exchange/exchanges.ts'
import type { Grid } from '../grid/contract.ts'
import type { Reader } from '../reading/reader.ts'
import { createAnswerKeeper } from '../relay/keep-answer.ts'
import { readAgain } from '../relay/look-at-item.ts'
import { createPeerSink } from '../relay/peer-sink.ts'
import { createPartReader } from '../relay/stored-part.ts'
import { createTopicSink } from '../relay/topic-sink.ts'
import { type ConsumeOptions, isLenient } from '../relay/understand.ts'
import type { WholeStore } from '../store/whole-store.ts'
import type { Files } from '../upload/files.ts'
import { isQuestion } from '../vocabulary.ts'
import { fileDestinations, largeItems } from './files.ts'
import { jidDestinations } from './jid-destinations.ts'
import type { Publishers } from './publishers.ts'
import type { Senders } from './senders.ts'
import { noting } from './tried-topics.ts'

interface Ends {
  readonly config: Config
  readonly store: WholeStore
  readonly clock: Clock
  readonly events: Events
  readonly reader: Reader
  readonly grid: Grid
  readonly senders: Senders
  readonly questions: ExchangeSide
  readonly files: Files
  readonly consume: ConsumeOptions
  /** of those that share the store, whose is what goes to a Topic? */
  readonly publishers: Pick<Publishers, 'isOurs' | 'tried'>
}

/** Everything that deliveries go to, as it is configured at each call. */
export function createDestinations(ends: Ends): () => DestinationOptions[] {
  const { config, store, clock, events, reader, grid, senders, questions, files, consume, publishers } = ends
  const reportSink = createTopicSink(grid, clock.now(), largeItems(files, grid, config))
  const topicSink = noting(questions.topicSink(grid, reportSink), clock, publishers)
  const keepAnswer = createAnswerKeeper({ store, events, clock })
  const reread = (item: string, topic: string) => readAgain(reader, item, isLenient(config, topic))
  const readPart = createPartReader()
  const peerSink = (peer: PeerConfig): Sink => {
    const sender = senders.of(peer.name)
    const downgrade = (xml: string) => reader.downgrade(xml, peer.name)
    const ends = { peer, sender, store, keepAnswer, reread, downgrade, readPart, tell: events.tell }
    const reports = sender && createPeerSink({ ...ends, sender })
    return questions.sink(peer, sender, reports)
  }
  return () => [
    ...config.grid.topics.map(
      ({ name }) =>
        ({ kind: 'topic', destination: name, sink: topicSink, isOurs: () => publishers.isOurs(name) }) as const,
    ),
    // without a url it may still ask, and be answered where it asked from
    ...config.peers
      .filter((peer) => senders.of(peer.name) !== undefined || peer.accept.some(isQuestion))
      .map((peer) => ({ kind: 'peer', destination: peer.name, sink: peerSink(peer) }) as const),
    ...jidDestinations(config, questions, grid),
    ...fileDestinations(files, consume, config),
  ]
}
