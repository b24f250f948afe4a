import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** The ports that a gateway of the fleet, or the balancer in front of it, is to use in place of the true ones. */
interface Ends {
  readonly databases: readonly [number, number]
  readonly nodes: readonly [number, number]
  readonly peers: readonly number[]
}

/** What stands between a gateway and each that it talks with: proxies that pass everything on until they are told otherwise. */
export interface Lines extends AsyncDisposable {
  readonly databases: readonly TcpProxy[]
  readonly nodes: readonly TcpProxy[]
  readonly peers: readonly TcpProxy[]
}

export async function startLines({ databases, nodes, peers }: Ends): Promise<Lines> {
  await using opened = new AsyncDisposableStack()
  const through = async (ports: readonly number[]) => {
    const proxies: TcpProxy[] = []
    for (const port of ports) proxies.push(opened.use(await startTcpProxy(port)))
    return proxies
  }
  const lines = { databases: await through(databases), nodes: await through(nodes), peers: await through(peers) }
  const all = opened.move()
  return { ...lines, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** How a path fails: connections are reset, and new ones refused; or every byte is swallowed, and nobody is told. */
export type Form = 'cut' | 'silent'

/** For `ms`; all of these at once. */
export async function fail(proxies: readonly TcpProxy[], form: Form, ms: number): Promise<void> {
  if (form === 'cut') for (const proxy of proxies) await proxy.inflict('cut', 0)
  await Promise.all(proxies.map((proxy) => proxy.inflict(form === 'cut' ? 'refuse' : 'silence', ms)))
}
