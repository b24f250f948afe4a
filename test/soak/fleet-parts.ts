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
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { type Lines, startLines } from './fleet-paths.ts'

/** A gateway of the fleet: its process is another one after each kill. */
export interface Member {
  readonly name: string
  readonly site: Site
  process: GatewayProcess
  /** the log of those that were killed */
  readonly past: string[]
  /** towards all that it talks with, and from the balancer to it and its `/ready` */
  readonly lines: Lines
  readonly front: readonly [TcpProxy, TcpProxy]
}

/** How many reports it took, in all its lives. */
export function taken({ process, past }: Pick<Member, 'process' | 'past'>): number {
  return [...past, ...process.lines].filter((line) => line.includes('"event":"accepted"')).length
}

/** One message that a peer got: which version of which incident, and when (ms since the epoch). */
export interface Arrival {
  readonly incident: string
  readonly version: number
  readonly at: number
  readonly body: string
}

const PASSWORDS = Object.fromEntries(['gateway', 'subscriber', 'witness'].map((name) => [name, `${name}-secret`]))

/** Three gateways behind haproxy, on one store with a standby, at a cluster of two nodes; two peers that get all, one that asks and one that answers, and a subscriber at each node. */
export async function startFleet() {
  await using opened = new AsyncDisposableStack()
  const pki = opened.use(await createPki())
  const store = opened.use(await startPostgresPair())
  const cluster = opened.use(await startEjabberdCluster({ pki, users: PASSWORDS, maxItems: 100_000 }))
  const [first, second] = cluster.nodes
  const ca = await pki.ca('rid')
  const speaker = async (name: string) => {
    const { cert, key } = await ca.issue({ cn: name, dns: [`${name}.example`, 'localhost'] })
    return opened.use(await startRidPeer({ cert, key, ca: ca.cert }))
  }
  const peers = new Map<string, Arrival[]>()
  const peerPorts: number[] = []
  for (const name of ['csirt-b', 'csirt-c']) {
    const peer = await speaker(name)
    const arrivals: Arrival[] = []
    peer.script({
      does: 'reply',
      to({ body }) {
        const [, version, incident = body.slice(0, 200)] = /valid v(\d+) of ([\d-]+)/.exec(body) ?? []
        arrivals.push({ incident, version: Number(version), at: Date.now(), body })
        return { status: 200 }
      },
    })
    peers.set(name, arrivals)
    peerPorts.push(peer.port)
  }
  const [asking, knowing] = [await speaker('csirt-ask'), await speaker('csirt-know')]
  peerPorts.push(asking.port, knowing.port)

  const gateways: Member[] = []
  opened.defer(async () => void (await Promise.all(gateways.map((one) => one.process.kill()))))
  const nodes = [first, second].map(({ service }) => Number(new URL(service).port)) as [number, number]
  for (const [n, name] of ['one', 'two', 'three'].entries()) {
    const lines = opened.use(await startLines({ databases: store.ports, nodes, peers: peerPorts }))
    const services = lines.nodes.map(({ port }) => `xmpp://127.0.0.1:${port}`)
    const site = opened.use(
      await createSite({
        broker: first,
        pki,
        grid: { resource: name, service: n === 0 ? services : services.reverse() },
        rid: { proxyProtocol: true, proxies: ['127.0.0.1'] },
        peers: [
          { name: 'csirt-a', publish: ['incident'] },
          ...[...peers.keys()].map((peer, p) => ({
            ...{ name: peer, topics: ['incident'] },
            url: urlOf(lines, p),
          })),
          ...['csirt-ask', 'csirt-know'].map((peer, p) => ({
            ...{ name: peer, accept: ['Query'], url: urlOf(lines, peers.size + p) },
          })),
        ],
        routes: [
          { match: { type: ['Query'] }, ask: ['peer:csirt-know'] },
          { match: { type: ['Report'] }, topic: 'incident' },
        ],
        topics: [
          { name: 'incident', create: true, members: ['subscriber', 'witness'].map((m) => `${m}@${first.domain}`) },
        ],
      }),
    )
    const hosts = lines.databases.map(({ port }) => `127.0.0.1:${port}`)
    const exchanges = { hold: '500ms', rate: 100_000, open: 1_000 }
    await site.config({ exchanges, store: { postgres: `postgres://gw@${hosts.join()}/gw` } })
    const front = [
      opened.use(await startTcpProxy(site.ridPort)),
      opened.use(await startTcpProxy(site.opsPort)),
    ] as const
    gateways.push({ name, site, process: await site.spawn(), past: [], lines, front })
    await site.ready()
  }
  const example = readFileSync(join(ROOT, 'examples', 'haproxy.cfg'), 'utf8')
  const servers = gateways.map(({ front: [rid, ops] }) => ({ ridPort: rid.port, opsPort: ops.port }))
  // who stays with one gateway, and who is at another with each report
  const sticking = opened.use(await startHaproxy(example, servers))
  const spreading = opened.use(await startHaproxy(example, servers, { balance: 'roundrobin' }))
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
    balancers: { sticking, spreading },
    peers,
    asking,
    knowing,
    subscribers,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function urlOf(lines: Lines, peer: number): string {
  return `https://localhost:${lines.peers[peer]?.port}/`
}

export type FleetParts = Awaited<ReturnType<typeof startFleet>>
