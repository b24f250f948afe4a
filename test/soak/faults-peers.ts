import { createWorld } from '../support/e2e.ts'
import type { Lane } from '../support/faults.ts'
import { acknowledgement, type Script } from '../support/rid-peer.ts'
import type { ProofOptions } from './proof.ts'

/** What each of them does once it goes wrong; `off` is gone. */
const ILL: Readonly<Record<string, Script>> = {
  'csirt-mute': { does: 'hang' },
  'csirt-ill': { does: 'answer', status: 500 },
  'csirt-denies': { does: 'answer', body: acknowledgement('Denied', 'CannotProcess') },
  'csirt-shut': { does: 'answer', status: 403 },
}
const WELL: Script = { does: 'answer', body: acknowledgement('Approved') }

/** Five peers, each of which goes wrong in its own way, at the same time. */
export async function peerFaults(kind: ProofOptions['kind']): Promise<Lane> {
  await using opened = new AsyncDisposableStack()
  const world = opened.use(await createWorld(kind))
  let off = await world.ridPeer('csirt-off')
  const peers = new Map(
    await Promise.all(Object.keys(ILL).map(async (name) => [name, await world.ridPeer(name)] as const)),
  )
  const receiver = (name: string, url: string) => ({ name, url, topics: ['incident'] })
  const site = await world.site({
    peers: [
      { name: 'csirt-a', publish: ['incident'] },
      receiver('csirt-off', off.url),
      ...[...peers].map(([name, { url }]) => receiver(name, url)),
    ],
  })
  const gateway = opened.use(await site.spawn())
  await site.ready()
  const all = opened.move()
  return {
    site,
    gateway: () => gateway,
    faults: [
      {
        name: 'a peer is down, hangs, answers 500, denies, answers 403',
        async make() {
          await off[Symbol.asyncDispose]()
          for (const [name, peer] of peers) peer.script(ILL[name] ?? WELL)
        },
        async mend() {
          off = await world.ridPeer('csirt-off', off.port)
          for (const peer of peers.values()) {
            peer.script(WELL)
            peer.drop()
          }
          for (const name of ['csirt-denies', 'csirt-shut'])
            await site.command('queue', 'retry', '--all', '--destination', name)
        },
        parts: {
          'peer:csirt-off': ['failed', /cannot be reached.*\d+ wait for it/],
          'peer:csirt-mute': ['failed', /not answered/],
          'peer:csirt-ill': ['failed', /HTTP 500/],
          'peer:csirt-denies': ['degraded', /\d+ held for you: .*--destination csirt-denies/],
          'peer:csirt-shut': ['degraded', /\d+ held for you: .*--destination csirt-shut/],
        },
        alerts: [
          ...['csirt-off', 'csirt-mute', 'csirt-ill'].map((name) => `PeerAway peer:${name}`),
          ...['csirt-denies', 'csirt-shut'].map((name) => `Held ${name}`),
        ],
      },
    ],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
