import { isIP } from 'node:net'
import type { GatewayError } from '../../errors.ts'

/** How often in a row a Controller may send us elsewhere before that counts as a failed attempt. */
export const HOPS = 5

/** `host`, `host:port`, `[IPv6]`, `[IPv6]:port` (RFC 6120 §4.9.3.19) */
const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^\s/:@?#[\]\\<>"'&%]{1,253})(?::(\d{1,5}))?$/

/**
 * Where a Controller sends us that ended the stream with see-other-host, as a service of the same kind as the one that is configured:
 * STARTTLS stays STARTTLS, direct TLS stays that. Undefined: it sends us nowhere, or to what is no address.
 */
export function serviceElsewhere({ fields: { elsewhere } }: GatewayError, service: string): string | undefined {
  const match = typeof elsewhere === 'string' ? ADDRESS.exec(elsewhere) : null
  if (match === null) return undefined
  const scheme = service.startsWith('xmpps:') ? 'xmpps' : 'xmpp'
  const [, host = '', port = scheme === 'xmpps' ? '5223' : '5222'] = match
  if (host.startsWith('[') && isIP(host.slice(1, -1)) !== 6) return undefined
  return Number(port) > 0 && Number(port) <= 65_535 ? `${scheme}://${host}:${port}` : undefined
}
