import type { Config } from '../config/types.ts'
import type { News } from '../events/table.ts'
import type { Health } from '../ops/health.ts'
import type { Tell } from '../tell.ts'

/** Of a refusal (503) whose cause is no other part's. */
const BUSY = new Set(['intake-busy', 'internal'])

/** What is told of the RID side says how it is. `health` is there once there is a RID side. */
export function hearHealth(health: () => Health, config: Pick<Config, 'peers'>): Tell<News> {
  // that somebody who shows nothing is answered says nothing of those whose certificates are refused
  const isKnown = (peer: string) => config.peers.some(({ name, identity }) => name === peer && !identity.anonymous)
  return (...told) => {
    const [event, fields] = told
    if (event === 'tls-refused') health().refused(fields)
    else if (event === 'rid-request' && fields.peer !== undefined && isKnown(fields.peer)) health().served()
    else if (event === 'rid-limited') health().limited(fields)
    else if (event === 'accepted') health().letIn(fields.source)
    else if (event === 'refused' && fields.code === 'queue-full') health().turnedAway(fields.source)
    else if (event === 'refused' && BUSY.has(fields.code)) health().failed(fields.reason)
    else if (event === 'rid-unanswered') health().failed('No answer in time: too little machine, or the store hangs.')
    else if (event === 'rid-not-taken' || event === 'rid-failed')
      health().failed('A fault of ours: the log says which.')
  }
}
