import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { TLSSocket } from 'node:tls'
import type { GridTls } from '../../config/types.ts'
import { type Crl, crlBlocks, isRevoked, readCrl } from '../../x509/crl.ts'

interface GridExpiry {
  readonly name: 'grid-certificate' | 'grid-ca' | 'grid-crl'
  /** ms since the epoch; of several, the first to run out */
  readonly notAfter: number
}

/** When what is configured for TLS runs out. What cannot be read is left out: the login says so. */
export function gridExpiry({ cert, ca, crl }: GridTls): GridExpiry[] {
  const certificates = (file: string | undefined) => () => certificatesIn(file).map(notAfter)
  return [
    ...first('grid-certificate', certificates(cert)),
    ...first('grid-ca', certificates(ca)),
    ...first('grid-crl', () => listsIn(crl).flatMap(({ nextUpdate }) => nextUpdate ?? [])),
  ]
}

function first(name: GridExpiry['name'], timesOf: () => readonly number[]): GridExpiry[] {
  try {
    const times = timesOf()
    return times.length === 0 ? [] : [{ name, notAfter: Math.min(...times) }]
  } catch {
    return []
  }
}

/**
 * Looks again, every so many ms, at what was looked at when the stream began (RFC 6120 §13.7.2.3): `lost` is told, in a sentence, when
 * the Controller's certificate or one above it has run out, or stands on a list that was renewed since. A list that cannot be read, or
 * has run out itself, changes nothing for a stream that is there. Returns what ends it.
 */
export function watchTrust(tls: TLSSocket, { crl }: GridTls, every: number, lost: (reason: string) => void) {
  const chain = chainOf(tls)
  const end = Math.min(...chain.map(notAfter))
  let version = ''
  const look = () => {
    if (Date.now() > end) return lost('Its certificate, or that of a CA above it, has run out.')
    if (crl === undefined) return
    try {
      const { mtimeMs, size, ino } = statSync(crl)
      const found = `${mtimeMs} ${size} ${ino}`
      if (found === version) return
      const lists = listsIn(crl)
      version = found
      if (chain.some((certificate) => isRevoked(certificate, lists)))
        lost('Its certificate, or that of a CA above it, was revoked.')
    } catch {
      // the next login says what is wrong with it
    }
  }
  const timer = setInterval(look, every)
  timer.unref()
  return () => clearInterval(timer)
}

function chainOf(tls: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  for (
    let link = tls.getPeerX509Certificate();
    link !== undefined && chain.length < 10;
    link = link.issuerCertificate
  ) {
    chain.push(link)
  }
  return chain
}

function certificatesIn(file: string | undefined): X509Certificate[] {
  const text = file === undefined ? '' : readFileSync(file, 'latin1')
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}

function listsIn(file: string | undefined): Crl[] {
  return file === undefined ? [] : crlBlocks(readFileSync(file, 'latin1')).map(readCrl)
}

function notAfter({ validToDate }: X509Certificate): number {
  return validToDate.getTime()
}
