import type { GridConfig } from '../config/types.ts'
import { HOPS, serviceElsewhere } from './xmpp/elsewhere.ts'
import { asGatewayError } from './xmpp/entity.ts'
import { openSession, type Session } from './xmpp/session.ts'

/** ms for one step */
const PATIENCE = 20_000

/**
 * A session for a command, beside a gateway that may be running: tried once, and where the Controller sends us elsewhere, there, as `start`
 * does. Rejects with GatewayError `grid-...`.
 */
export async function logIn(config: GridConfig): Promise<Session> {
  const signal = AbortSignal.timeout(PATIENCE)
  const options = { onMessage: () => {}, onDropped: () => {}, presence: false, timing: { iq: PATIENCE } }
  let service: string | undefined = config.service
  for (let hops = 0; ; hops += 1) {
    try {
      return await openSession({ ...options, config: { ...config, service } }, signal)
    } catch (error) {
      service = hops < HOPS ? serviceElsewhere(asGatewayError(error), config.service) : undefined
      if (service === undefined) throw error
    }
  }
}
