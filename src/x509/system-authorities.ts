import { getCACertificates } from 'node:tls'

/**
 * What an operator added to this machine, or took from it, is the same for every program: that list, not the one within Node.js.
 * OpenSSL's SSL_CERT_FILE and SSL_CERT_DIR say where else it is; what NODE_EXTRA_CA_CERTS names counts beside it. `undefined`,
 * which is Node.js's own list and those, where the system has none: a container without ca-certificates.
 */
export function systemAuthorities(): string[] | undefined {
  const system = getCACertificates('system')
  // one certificate is in there as often as its folder has names for it
  return system.length === 0 ? undefined : [...new Set([...system, ...getCACertificates('extra')])]
}
