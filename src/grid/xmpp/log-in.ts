import type { Element } from '@xmpp/client'
import type { GridConfig, LoginConfig } from '../../config/types.ts'
import { controllerAddresses } from './addresses.ts'
import { HOPS, serviceElsewhere } from './elsewhere.ts'
import { asGatewayError } from './entity.ts'
import { openSession, type Session } from './session.ts'

/** ms for one step */
const PATIENCE = 20_000

/**
 * A session for a command, beside a gateway that may be running: each address is tried once. With `onMessage` it is sent what is meant for
 * the bare address (RFC 6121 §8.5.2). Rejects with GatewayError `grid-...`, that of the last address.
 */
export async function logIn(config: GridConfig, onMessage?: (message: Element) => void): Promise<Session> {
  let failure: unknown
  for (const service of await controllerAddresses(config)) {
    try {
      return await logInAt({ ...config, service }, onMessage)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** The same at one address; and where the Controller sends us elsewhere, there, as `start` does. */
export async function logInAt(config: LoginConfig, onMessage?: (message: Element) => void): Promise<Session> {
  const signal = AbortSignal.timeout(PATIENCE)
  const timing = { iq: PATIENCE }
  const options = { onMessage: onMessage ?? (() => {}), onDropped: () => {}, presence: onMessage !== undefined, timing }
  let { service } = config
  for (let hops = 0; ; hops += 1) {
    try {
      return await openSession({ ...options, config: { ...config, service } }, signal)
    } catch (error) {
      const elsewhere = hops < HOPS ? serviceElsewhere(asGatewayError(error), config.service) : undefined
      if (elsewhere === undefined) throw error
      service = elsewhere
    }
  }
}
