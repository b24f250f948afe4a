import type { GatewayProcess } from './command.ts'
import { createWorld, members } from './e2e.ts'
import { type PostgresServer, startPostgres } from './postgres.ts'
import { expectedItems, iodef } from './reports.ts'
import type { RidPeer } from './rid-peer.ts'
import type { Site } from './site.ts'
import type { GridUser } from './slixmpp.ts'

/**
 * Two gateways on one store and one account, at a Prosody with the Topic `incident`: csirt-a reports and asks, csirt-b gets the Topic and is
 * asked, a user is subscribed.
 */
export interface Pair extends AsyncDisposable {
  readonly server: PostgresServer
  readonly sites: readonly [Site, Site]
  /** A test that ends one puts another in its place. */
  readonly running: [GatewayProcess, GatewayProcess]
  readonly peer: RidPeer
  readonly user: GridUser
  /** How often the document of that id was shown on the Topic, and sent to the peer. */
  shown(id: string): number
  sent(id: string): number
}

export function documentOf(id: string): string {
  return iodef({ id, restriction: 'public' })
}

export async function createPair(): Promise<Pair> {
  await using opened = new AsyncDisposableStack()
  const world = opened.use(await createWorld('prosody'))
  const server = world.use(await startPostgres())
  const peer = await world.ridPeer('csirt-b')
  peer.script({ does: 'answer', status: 200 })
  const site = async (resource: string) => {
    const made = await world.site({
      grid: { resource },
      peers: [
        { name: 'csirt-a', publish: ['incident'], accept: ['Report', 'Query'], callback: 'none' },
        { name: 'csirt-b', topics: ['incident'], url: peer.url },
      ],
      topics: [{ name: 'incident', create: true, members: members(world.broker.domain) }],
      routes: [
        { match: { type: ['Query'] }, ask: ['peer:csirt-b'] },
        { match: { type: ['Report'] }, topic: 'incident' },
      ],
    })
    await made.config({ store: { postgres: server.url }, exchanges: { hold: '30s', rate: 1000 } })
    return made
  }
  const sites = [await site('one'), await site('two')] as const
  const running: GatewayProcess[] = []
  opened.defer(async () => {
    for (const one of running) await one.kill()
  })
  for (const one of sites) running.push(await one.spawn())
  for (const one of sites) await one.ready()
  const user = await world.user('subscriber')
  await user.subscribe('incident')
  const all = opened.move()
  return {
    ...{ server, sites, peer, user },
    running: running as [GatewayProcess, GatewayProcess],
    shown(id) {
      const [expected] = expectedItems(documentOf(id))
      return user.items.filter((item) => item.id === expected?.id).length
    },
    sent: (id) => peer.requests.filter(({ body }) => body.includes(`>${id}<`)).length,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
