import type { Config, GridConfig, PeerConfig, TopicConfig } from '../config/types.ts'
import type { Exchange } from '../store/exchanges.ts'
import type { AskerKind, CallbackWay } from '../vocabulary.ts'

/** How an answer that comes later reaches who asked: as a RID message, by IQs of its own (XEP-0268 §4), or as items. */
type Way = CallbackWay | 'iq' | 'item'

/** Who asks, whichever way: what its answers may hold, and how they come to it. */
export interface Asker
  extends Pick<PeerConfig, 'query' | 'restrictions' | 'interim'>,
    Partial<Pick<PeerConfig, 'publish'>> {
  readonly kind: AskerKind
  /** a peer's, a bare JID, or a Topic's: what it is shown, all of its readers see */
  readonly name: string
  readonly way: Way
}

export interface Askers {
  readonly peers: Config['peers']
  readonly grid: Pick<GridConfig, 'participants' | 'topics'>
}

export type Participant = GridConfig['participants'][number]

/** RFC 6546 §3 has answers connect to where the question came from; a configured address is better: docs/decisions/0015-questions.md. */
export function wayTo({ callback, url, identity }: Pick<PeerConfig, 'callback' | 'url' | 'identity'>): CallbackWay {
  // whoever shows no certificate cannot be known by one where the question came from
  const source = identity.dns === undefined && identity.fingerprint === undefined ? 'none' : 'source'
  return callback ?? (url === undefined ? source : 'url')
}

export function peerAsker(peer: PeerConfig): Asker {
  return { ...peer, kind: 'peer', way: wayTo(peer) }
}

export function jidAsker({ jid, query, restrictions }: Participant): Asker {
  return { kind: 'jid', name: addressOf(jid), query, restrictions, way: 'iq' }
}

/** Questions on a Topic see what was on itself, unless it is said. */
export function topicAsker({ name, query = [name], restrictions }: TopicConfig): Asker {
  return { kind: 'topic', name, query, restrictions, way: 'item' }
}

/** Who asked this, as the configuration has it now; whoever is not in it any more may have nothing. */
export function askerIn({ peers, grid }: Askers, { askerKind, asker }: Pick<Exchange, 'askerKind' | 'asker'>): Asker {
  const peer = askerKind === 'peer' ? peers.find(({ name }) => name === asker) : undefined
  const participant = askerKind === 'jid' ? participantOf(grid, asker) : undefined
  const topic = askerKind === 'topic' ? grid.topics.find(({ name }) => name === asker) : undefined
  if (peer !== undefined) return peerAsker(peer)
  if (topic !== undefined) return topicAsker(topic)
  if (participant !== undefined) return jidAsker(participant)
  return { kind: askerKind, name: asker, restrictions: [], way: 'none' }
}

/** `who`: a bare JID as servers write it. */
export function participantOf({ participants }: Askers['grid'], who: string): Participant | undefined {
  return participants.find(({ jid }) => addressOf(jid) === who)
}

/** As servers write it (RFC 7622 §3.2, §3.3). */
function addressOf(jid: string): string {
  return jid.toLowerCase()
}
