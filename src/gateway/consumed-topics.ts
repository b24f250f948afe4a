import type { Config } from '../config/types.ts'
import { archivedTopics } from '../exchange/exchanges.ts'

/** Topics some peer is to be sent, or somebody may ask about. */
export function consumedTopics(config: Config): string[] {
  const listed = config.peers.filter((peer) => peer.url !== undefined).flatMap((peer) => peer.topics)
  return [...new Set([...listed, ...archivedTopics(config)])]
}
