import { connect, createServer, type Socket } from 'node:net'
import { createRandom } from './random.ts'

/** What a network does to those who talk through it. */
type Fault = 'cut' | 'stall' | 'delay' | 'half-open' | 'refuse' | 'silence'

/** those of a network that is never all gone */
export const FAULTS: readonly Fault[] = ['cut', 'stall', 'delay', 'half-open', 'refuse']

export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** how often each fault was done to connections, and how many connections there were */
  readonly counts: Readonly<Record<Fault | 'connections' | 'forgotten', number>>
  /**
   * For `ms`: `cut` resets all connections at once (so it takes no time); `stall` lets no byte through; `delay` holds up each
   * piece for 50 to 500 ms; `half-open` forgets all connections and says so to nobody; `refuse` resets new ones; `silence`
   * swallows what both sides send, on new connections, too; when it is over, only the far side is told of those that are dead.
   */
  inflict(fault: Fault, ms: number): Promise<void>
  /**
   * Until `heal`, each connection is forgotten when its client has sent so many bytes more: no byte is taken of it any more, and
   * nobody is told.
   */
  forgetBehind(bytes: number): void
  /** From now on everything goes through. Connections forgotten by `half-open` or `silence` stay dead. */
  heal(): void
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  forgotten: boolean
  /** bytes of the client, since `forgetBehind` */
  sent: number
}

/** Forwards 127.0.0.1:`port` [a free one] to 127.0.0.1:`target`, well or badly. */
export async function startTcpProxy(target: number, options: { port?: number; seed?: number } = {}): Promise<TcpProxy> {
  const random = createRandom(options.seed ?? 1)
  const pairs = new Set<Pair>()
  const timers = new Set<NodeJS.Timeout>()
  /** clients that nobody answers any more */
  const unheard = new Set<Socket>()
  const counts = { connections: 0, forgotten: 0, cut: 0, stall: 0, delay: 0, 'half-open': 0, refuse: 0, silence: 0 }
  let mode: Fault | undefined
  let bound = Number.POSITIVE_INFINITY

  const server = createServer({ allowHalfOpen: true }, (client) => {
    counts.connections += 1
    if (mode === 'refuse') {
      client.resetAndDestroy()
      return
    }
    if (mode === 'silence') return swallow(client)
    const upstream = connect({ host: '127.0.0.1', port: target, allowHalfOpen: true })
    const pair: Pair = { client, server: upstream, forgotten: false, sent: 0 }
    pairs.add(pair)
    join(pair, client, upstream)
    join(pair, upstream, client)
  })

  function join(pair: Pair, from: Socket, to: Socket): void {
    from.on('data', (piece: Buffer) => {
      if (from === pair.client) pair.sent += piece.length
      if (!pair.forgotten && pair.sent > bound) forget(pair)
      if (pair.forgotten) return
      to.write(piece)
      if (mode === 'delay') hold(from, 50 + random() * 450)
    })
    from.on('end', () => {
      if (!pair.forgotten) to.end()
    })
    from.on('error', () => undefined)
    from.on('close', (failed) => {
      if (pair.forgotten) return
      pairs.delete(pair)
      if (failed) to.resetAndDestroy()
      else to.end()
    })
    if (mode === 'stall') from.pause()
  }

  function befall(pair: Pair, fault: Fault): void {
    const { client, server: upstream, forgotten } = pair
    if (fault === 'cut' && !forgotten) {
      client.resetAndDestroy()
      upstream.resetAndDestroy()
      pairs.delete(pair)
    }
    if (fault === 'half-open' || fault === 'silence') pair.forgotten = true
    if (fault === 'silence') unheard.add(client)
    if (fault === 'stall') {
      client.pause()
      upstream.pause()
    }
  }

  function swallow(client: Socket): void {
    unheard.add(client)
    client.on('error', () => undefined)
    client.once('close', () => unheard.delete(client))
    client.resume()
  }

  function forget(pair: Pair): void {
    counts.forgotten += 1
    pair.forgotten = true
    pair.client.pause()
    pair.server.pause()
  }

  /** Stops reading, and so lets the other side's sending fill up, as a slow network does. */
  function hold(socket: Socket, ms: number): void {
    socket.pause()
    const timer = setTimeout(() => {
      timers.delete(timer)
      if (mode !== 'stall') socket.resume()
    }, ms)
    timers.add(timer)
  }

  function heal(): void {
    mode = undefined
    bound = Number.POSITIVE_INFINITY
    for (const { client, server: upstream, forgotten } of pairs) {
      if (forgotten) continue
      client.resume()
      upstream.resume()
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    counts,
    async inflict(fault, ms) {
      mode = fault
      counts[fault] += 1
      if (fault === 'cut') for (const client of unheard) client.resetAndDestroy()
      const there = [...pairs].filter(({ forgotten }) => !forgotten)
      for (const pair of [...pairs]) befall(pair, fault)
      if (fault !== 'cut') {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => {
            timers.delete(timer)
            resolve()
          }, ms)
          timers.add(timer)
        })
      }
      if (fault === 'silence') {
        for (const pair of there) {
          pair.server.resetAndDestroy()
          pairs.delete(pair)
        }
      }
      heal()
    },
    forgetBehind(bytes) {
      bound = bytes
      for (const pair of pairs) pair.sent = 0
    },
    heal,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer)
      const closed = new Promise((resolve) => server.close(resolve))
      for (const client of unheard) client.destroy()
      for (const { client, server: upstream } of pairs) {
        client.destroy()
        upstream.destroy()
      }
      await closed
    },
  }
}
