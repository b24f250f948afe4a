import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, type BrokerOptions, freePort, ServerProcess } from './brokers.ts'
import { startEjabberd } from './ejabberd.ts'
import { eventually } from './eventually.ts'

/** Two nodes of ejabberd that are one Controller and one Broker. */
interface EjabberdCluster extends AsyncDisposable {
  readonly nodes: readonly [Broker, Broker]
  /** Resolves when each knows the other: after one was started again, too. */
  joined(): Promise<void>
}

/** Accounts are made at the first; both know them when it resolves. */
export async function startEjabberdCluster(options: BrokerOptions): Promise<EjabberdCluster> {
  await using opened = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'epmd-'))
  const port = await freePort()
  // the distribution's name service: one of its own, which ends with the test
  const names = new ServerProcess('epmd', ['-port', String(port), '-address', '127.0.0.1'], {}, dir)
  await names.start(port)
  opened.defer(async () => {
    await names.end('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  })
  const cluster = { cookie: randomBytes(16).toString('hex'), epmd: port }
  const both = await Promise.all([startEjabberd(options, cluster), startEjabberd({ ...options, users: {} }, cluster)])
  const [first, second] = both
  for (const node of both) opened.use(node)
  await second.control('join_cluster', first.node)
  const users = Object.keys(options.users ?? {}).length
  const joined = () =>
    eventually(
      'each node to know the other, and the accounts',
      async () => {
        const lists = await Promise.all(both.map((node) => node.control('list_cluster').catch(() => '')))
        const known = await Promise.all(
          both.map((node) => node.control('registered_users', node.domain).catch(() => '')),
        )
        const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '').length
        return lists.every((list) => lines(list) === 2) && known.every((list) => lines(list) === users)
      },
      { ms: 60_000 },
    )
  await joined()
  const all = opened.move()
  return { nodes: [first, second], joined, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
