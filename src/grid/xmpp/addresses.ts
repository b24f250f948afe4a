import { domainToASCII } from 'node:url'
import { jid } from '@xmpp/client'
import type { GridConfig } from '../../config/types.ts'
import { type SrvOptions, srvAddresses } from './srv.ts'

/**
 * Where the Controller is, in the order in which it is tried: as it is configured, or as DNS says now. At least one. Rejects as
 * `srvAddresses` does.
 */
export async function controllerAddresses(
  { service, jid: account }: Pick<GridConfig, 'service' | 'jid'>,
  options: SrvOptions = {},
): Promise<readonly string[]> {
  if (service !== 'srv') return typeof service === 'string' ? [service] : service
  const { domain } = jid(account)
  return srvAddresses(domainToASCII(domain) || domain, options)
}

/** For people: what is configured. */
export function serviceText({ service, jid: account }: Pick<GridConfig, 'service' | 'jid'>): string {
  if (service === 'srv') return `the SRV records of ${jid(account).domain}`
  return typeof service === 'string' ? service : service.join(', ')
}
