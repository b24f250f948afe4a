import type { X509Certificate } from 'node:crypto'
import type { Problem } from '../config/problems.ts'
import type { Config, PeerConfig } from '../config/types.ts'
import { createFindPeer } from '../rid/peers.ts'
import { probeReceiver } from '../rid/probe.ts'

interface PeersFound {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly unreachable: readonly Problem[]
}

/** A TLS session with each peer that is sent to, by the certificates that messages are sent with, and GET / through it (RFC 6546 §3). */
export async function checkPeers({ peers, rid }: Pick<Config, 'peers' | 'rid'>): Promise<PeersFound> {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const unreachable: Problem[] = []
  await Promise.all(
    peers.map(async (peer, i) => {
      const { url, identity, name, basic } = peer
      if (url === undefined) return
      const path = `peers[${i}].url`
      const probed = await probeReceiver({ name, url, identity, ...(basic && { basic }) }, rid.tls)
      if (probed.kind === 'failed') {
        const list = probed.refused ? problems : unreachable
        list.push({ path, message: `${name}, ${url}: ${probed.reason}` })
        return
      }
      const doubt = statusWords(probed.status)
      if (doubt !== undefined) warnings.push({ path, message: `${name} answers GET / with ${probed.status}: ${doubt}` })
      const stranger = probed.certificate && wouldBeStranger(peers, peer, probed.certificate)
      if (stranger) warnings.push({ path: `peers[${i}].identity`, message: stranger })
    }),
  )
  return { problems, warnings, unreachable }
}

/** RFC 6546 §3 has 204 for GET; what else answers took our certificate all the same. */
function statusWords(status: number): string | undefined {
  if (status === 401 || status === 403) return 'it took our certificate, and may not know it for one of its peers'
  if (status >= 500) return 'its server is not well'
  if (status >= 300 && status < 400) return 'it leads elsewhere, and a RID message is never sent there'
  return undefined
}

/** Most peers have one certificate for both roles. What a peer that also sends would be told with the one it shows as a server. */
function wouldBeStranger(
  peers: readonly PeerConfig[],
  peer: PeerConfig,
  certificate: X509Certificate,
): string | undefined {
  const { dns, fingerprint } = peer.identity
  const isBare = dns === undefined && fingerprint === undefined
  if (isBare || peer.publish.length === 0 || createFindPeer(peers)(certificate) === peer) return undefined
  const shown = `its server shows ${certificate.subjectAltName ?? 'no name'}, SHA-256 ${certificate.fingerprint256}`
  return `if ${peer.name} sends with the certificate of its server, it is not known by it (${shown}): is identity that of another?`
}
