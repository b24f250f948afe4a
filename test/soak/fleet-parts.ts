import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type GatewayProcess, ROOT } from '../support/command.ts'
import { startEjabberdCluster } from '../support/ejabberd-cluster.ts'
import { startHaproxy } from '../support/haproxy.ts'
import { createPki } from '../support/pki.ts'
import { startPostgresPair } from '../support/postgres-standby.ts'
import { startRidPeer } from '../support/rid-peer.ts'
import { createSite, type Site } from '../support/site.ts'
import { startGridUser } from '../support/slixmpp.ts'

/** A gateway of the fleet: its process is another one after each kill. */
export interface Member {
  readonly site: Site
  process: GatewayProcess
  /** the log of those that were killed */
  readonly past: string[]
}

/** How many reports it took, in all its lives. */
export function taken({ process, past }: Member): number {
  return [...past, ...process.lines].filter((line) => line.includes('"event":"accepted"')).length
}

/** One message that a peer got: which version of which incident, and when (ms since the epoch). */
export interface Arrival {
  readonly incident: string
  readonly version: number
  readonly at: number
}

const PASSWORDS = Object.fromEntries(['gateway', 'subscriber', 'witness'].map((name) => [name, `${name}-secret`]))

/** Three gateways behind haproxy, on one store with a standby, at a cluster of two nodes; two peers, and a subscriber at each node. */
export async function startFleet() {
  await using opened = new AsyncDisposableStack()
  const pki = opened.use(await createPki())
  const store = opened.use(await startPostgresPair())
  const cluster = opened.use(await startEjabberdCluster({ pki, users: PASSWORDS, maxItems: 100_000 }))
  const [first, second] = cluster.nodes
  const ca = await pki.ca('rid')
  const peers = new Map<string, Arrival[]>()
  const urls: Record<string, string> = {}
  for (const name of ['csirt-b', 'csirt-c']) {
    const { cert, key } = await ca.issue({ cn: name, dns: [`${name}.example`, 'localhost'] })
    const peer = opened.use(await startRidPeer({ cert, key, ca: ca.cert }))
    const arrivals: Arrival[] = []
    peer.script({
      does: 'reply',
      to({ body }) {
        const [, version, incident = body.slice(0, 200)] = /valid v(\d+) of ([\d-]+)/.exec(body) ?? []
        arrivals.push({ incident, version: Number(version), at: Date.now() })
        return { status: 200 }
      },
    })
    peers.set(name, arrivals)
    urls[name] = peer.url
  }

  const gateways: Member[] = []
  opened.defer(async () => void (await Promise.all(gateways.map((one) => one.process.kill()))))
  for (const [n, resource] of ['one', 'two', 'three'].entries()) {
    const services = [first.service, second.service]
    const site = opened.use(
      await createSite({
        broker: first,
        pki,
        grid: { resource, service: n === 0 ? services : services.reverse() },
        rid: { proxyProtocol: true, proxies: ['127.0.0.1'] },
        peers: [
          { name: 'csirt-a', publish: ['incident'] },
          ...[...peers.keys()].map((name) => ({ name, topics: ['incident'], url: urls[name] as string })),
        ],
        topics: [
          { name: 'incident', create: true, members: ['subscriber', 'witness'].map((m) => `${m}@${first.domain}`) },
        ],
      }),
    )
    await site.config({ store: { postgres: store.url } })
    gateways.push({ site, process: await site.spawn(), past: [] })
    await site.ready()
  }
  const example = readFileSync(join(ROOT, 'examples', 'haproxy.cfg'), 'utf8')
  const haproxy = opened.use(
    await startHaproxy(
      example,
      gateways.map(({ site }) => site),
    ),
  )
  const subscribers = []
  for (const [n, user] of ['subscriber', 'witness'].entries()) {
    const subscriber = opened.use(await startGridUser(cluster.nodes[n] ?? first, { user, password: `${user}-secret` }))
    await subscriber.subscribe('incident')
    subscribers.push(subscriber)
  }
  const all = opened.move()
  return {
    store,
    cluster,
    gateways,
    haproxy,
    peers,
    subscribers,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

export type FleetParts = Awaited<ReturnType<typeof startFleet>>
