import type { Element } from '@xmpp/client'
import type { GridConfig } from '../../config/types.ts'
import { HOPS, serviceElsewhere } from './elsewhere.ts'
import { asGatewayError } from './entity.ts'
import { openSession, type Session } from './session.ts'

/** ms for one step */
const PATIENCE = 20_000

/**
 * A session for a command, beside a gateway that may be running: tried once, and where the Controller sends us elsewhere, there, as `start`
 * does. With `onMessage` it is sent what is meant for the bare address (RFC 6121 §8.5.2). Rejects with GatewayError `grid-...`.
 */
export async function logIn(config: GridConfig, onMessage?: (message: Element) => void): Promise<Session> {
  const signal = AbortSignal.timeout(PATIENCE)
  const timing = { iq: PATIENCE }
  const options = { onMessage: onMessage ?? (() => {}), onDropped: () => {}, presence: onMessage !== undefined, timing }
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
