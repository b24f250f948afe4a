import type { Broker, BrokerOptions } from './brokers.ts'
import { createPki, type Pki } from './pki.ts'
import { startRidPeer } from './rid-peer.ts'
import { createSite, type Site, type SiteOptions } from './site.ts'
import { type GridUser, startGridUser } from './slixmpp.ts'
import { START } from './start-broker.ts'

/** A real Broker, certificates for everybody, and what is made of them; all of it ends with the test. */
export interface World extends AsyncDisposable {
  readonly broker: Broker
  readonly pki: Pki
  readonly sites: readonly Site[]
  /** A gateway beside the Broker, configured but not started. */
  site(options?: Omit<SiteOptions, 'broker' | 'pki'>): Promise<Site>
  /** An account of the Broker that slixmpp is logged in to. */
  user(name: string, port?: number, resource?: string): Promise<GridUser>
  /** A RID system on localhost whose certificate is that of the peer `name`. */
  ridPeer(name: string, port?: number): Promise<Awaited<ReturnType<typeof startRidPeer>>>
  /** Ends with the world, in reverse order. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T
}

/** Accounts that exist on every Broker here; the password is the name and `-secret`. */
const USERS = ['gateway', 'gateway2', 'subscriber', 'publisher', 'stranger']

export async function createWorld(kind: Broker['kind'], options: BrokerOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack()
  try {
    const pki = stack.use(await createPki())
    const users = Object.fromEntries(USERS.map((name) => [name, `${name}-secret`]))
    const broker = stack.use(await START[kind]({ pki, users, ...options }))
    const sites: Site[] = []
    return {
      broker,
      pki,
      sites,
      async site(own = {}) {
        const site = stack.use(await createSite({ broker, pki, ...own }))
        sites.push(site)
        return site
      },
      user: async (name, port, resource) =>
        stack.use(
          await startGridUser(broker, {
            user: name,
            password: `${name}-secret`,
            ...(port !== undefined && { port }),
            ...(resource !== undefined && { resource }),
          }),
        ),
      async ridPeer(name, port) {
        const ca = await pki.ca('rid')
        const { cert, key } = await ca.issue({ cn: name, dns: [`${name}.example`, 'localhost'] })
        return stack.use(await startRidPeer({ cert, key, ca: ca.cert, ...(port !== undefined && { port }) }))
      },
      use: (resource) => stack.use(resource),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Members of Topics of tests: they may subscribe. */
export function members(domain: string): string[] {
  return ['subscriber', 'gateway2'].map((name) => `${name}@${domain}`)
}
