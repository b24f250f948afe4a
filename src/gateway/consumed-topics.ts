import type { Config } from '../config/types.ts'
import { archivedTopics, askedTopics } from '../exchange/exchanges.ts'

/** Topics some peer is to be sent, somebody may ask about, or questions are asked on. */
export function consumedTopics(config: Config): string[] {
  const listed = config.peers.filter((peer) => peer.url !== undefined).flatMap((peer) => peer.topics)
  return [...new Set([...listed, ...archivedTopics(config), ...askedTopics(config)])]
}
