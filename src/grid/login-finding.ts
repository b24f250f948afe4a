import type { LoginConfig } from '../config/types.ts'
import type { GatewayError } from '../errors.ts'
import type { GridFinding } from './contract.ts'

/** Codes of a chain that ends in no CA of ours. */
const UNTRUSTED = /^(?:DEPTH_ZERO_)?SELF_SIGNED_CERT|^UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/

/** Codes of what a revocation list says, or of one that is not as it must be. */
const REVOCATION = /^(?:CRL_|CERT_REVOKED$|UNABLE_TO_GET_CRL$)/

/** Why there is no login, by key: an address, a name, a certificate or a password. */
export function loginFinding(error: GatewayError, config: LoginConfig): GridFinding {
  const { code, fields } = error
  const { service, tls } = config
  const why = error.detail
  const problem = (path: string, message: string): GridFinding => ({ kind: 'problem', path, message })
  if (code === 'grid-auth') return refusedLogin(why, config)
  if (code === 'grid-tls' && fields.flaw === 'pin') return problem('grid.tls.pin', why)
  if (code === 'grid-tls' && fields.flaw === 'name') {
    return problem('grid.jid', `${why} It is known by the domain of this JID, not by the host of grid.service.`)
  }
  if (code === 'grid-tls' && UNTRUSTED.test(String(fields.raw))) {
    const where = tls.ca ?? 'the list of the system, as grid.tls.ca is not set'
    return problem('grid.tls.ca', `the certificate of ${service} does not come from a CA in it (${where})`)
  }
  if (code === 'grid-tls' && REVOCATION.test(String(fields.raw))) return problem('grid.tls.crl', `${service}: ${why}`)
  if (code === 'grid-tls') return problem('grid.service', `${service}: ${why}${hint(service)}`)
  if (fields.condition === 'host-unknown') {
    return problem('grid.jid', `${service} does not serve the domain ${config.jid.replace(/^.*@/, '')}`)
  }
  if (fields.condition !== undefined) {
    return { kind: 'unreachable', path: 'grid.service', message: `${service} ended the stream: ${why}` }
  }
  if (code === 'config-invalid') return problem('grid.auth.password', why)
  return { kind: 'unreachable', path: 'grid.service', message: `${service} cannot be reached: ${why}${hint(service)}` }
}

function refusedLogin(why: string, { auth, jid, service, tls }: LoginConfig): GridFinding {
  const who = `${service} refuses the login of ${jid} (${why.replace(/\.$/, '')})`
  if (auth.kind === 'external') {
    const message = `${who}: it does not take ${tls.cert ?? 'the certificate'} for that account`
    return { kind: 'problem', path: 'grid.tls.cert', message }
  }
  const password = auth.file === undefined ? 'the password' : `the password in ${auth.file}`
  return {
    kind: 'problem',
    path: 'grid.auth.password',
    message: `${who}: ${password} is wrong, or there is no such account`,
  }
}

function hint(service: string): string {
  return service.startsWith('xmpps:')
    ? ' Is that a port for STARTTLS (xmpp://, mostly 5222), not for direct TLS?'
    : ' Is that a port for direct TLS (xmpps://, mostly 5223), not for STARTTLS?'
}
