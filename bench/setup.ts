import type { Broker, BrokerOptions } from '../test/support/brokers.ts'
import { createWorld, members, type World } from '../test/support/e2e.ts'
import type { Certificate } from '../test/support/pki.ts'
import type { PeerSetup, Site, SiteOptions } from '../test/support/site.ts'
import { type Child, startChild } from './child.ts'

interface Bench extends AsyncDisposable {
  readonly world: World
  readonly site: Site
  /** A bare @xmpp/client, logged in as `name`. */
  xmpp(name: string): Promise<Child>
  /** A bare fastify, its port. */
  fastify(): Promise<number>
  /** A RID system that notes what comes, its port. */
  ridPeer(name: string, port?: number): Promise<{ child: Child; port: number }>
}

const NOWHERE: PeerSetup[] = [{ name: 'csirt-a', publish: ['incident'] }]

/** A Broker and a gateway beside it, not started. `kind` [prosody, keeping items in memory]. */
export async function createBench(
  options: Partial<Omit<SiteOptions, 'broker'>> & {
    kind?: Broker['kind']
    broker?: BrokerOptions
    peersAt?: (ports: Bench) => Promise<PeerSetup[]>
  } = {},
): Promise<Bench> {
  const { kind = 'prosody', broker = {}, peersAt, ...site } = options
  const world = await createWorld(kind, { durable: false, ...broker })
  const { broker: server, pki } = world
  const ca = await pki.ca('rid')
  const files = ({ cert, key }: Certificate) => ({ CERT: cert, KEY: key, CA: ca.cert })
  const parts: Omit<Bench, 'site'> = {
    world,
    async xmpp(name) {
      const child = world.use(
        startChild('./xmpp-child.ts', {
          SERVICE: server.service,
          DOMAIN: server.domain,
          LOCAL: name,
          PASSWORD: `${name}-secret`,
          BROKER: server.broker,
          NODE_EXTRA_CA_CERTS: server.ca,
        }),
      )
      await child.ask('start')
      return child
    },
    async fastify() {
      const certificate = await ca.issue({ cn: 'bare', dns: ['localhost'] })
      return world.use(startChild('./fastify-child.ts', files(certificate))).ask<number>('start')
    },
    async ridPeer(name, port) {
      const certificate = await ca.issue({ cn: name, dns: [`${name}.example`, 'localhost'] })
      const child = world.use(startChild('./peer-child.ts', files(certificate)))
      return { child, port: await child.ask<number>('start', port === undefined ? {} : { port }) }
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
  try {
    const bench = { ...parts, site: undefined as unknown as Site }
    const peers = peersAt === undefined ? NOWHERE : await peersAt(bench)
    bench.site = await world.site({
      peers,
      topics: [{ name: 'incident', create: true, members: members(server.domain) }],
      level: 'info',
      ...site,
    })
    return bench
  } catch (error) {
    await world[Symbol.asyncDispose]()
    throw error
  }
}
