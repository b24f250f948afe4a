import type { Look } from './look.ts'
import { at } from './tree.ts'

/** HTTP Basic is off unless two keys say so. */
export function checkBasic({ tree, peers, problem, note }: Look): void {
  const isOn = [true, 'true'].includes(at(tree, 'rid', 'basic') as string)
  const users = peers.flatMap((peer, i) => (at(peer, 'identity', 'basic') === undefined ? [] : [{ peer, i }]))
  for (const { peer, i } of users) {
    const remedy = 'without it TLS lets nobody in who shows no certificate'
    if (!isOn) problem(['peers', i, 'identity', 'basic'], `needs rid.basic: true: ${remedy}`)
    const certificate = at(peer, 'identity', 'dns') ?? at(peer, 'identity', 'fingerprint')
    if (certificate !== undefined || at(peer, 'callback') !== 'source') continue
    const why = 'where a question came from, a peer is known by its certificate alone'
    problem(['peers', i, 'callback'], `is source, and the peer has no certificate: ${why}. Use url or none`)
  }
  if (!isOn) return
  const names = users.map(({ peer }) => String(at(peer, 'name')))
  const who =
    names.length === 0
      ? 'no peer has identity.basic, so that it is of no use'
      : `whoever knows its password is peer ${names.join(', or peer ')}`
  note(['rid', 'basic'], `is true: TLS lets in who shows no certificate, and ${who} (RFC 6546 section 3 wants both)`)
}
