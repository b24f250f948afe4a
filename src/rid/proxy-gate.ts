import { BlockList, type Socket } from 'node:net'
import { addressList, isListed } from '../address-list.ts'
import { clientAddress, PREAMBLE, type ProxyFault, readPreamble } from './proxy-header.ts'

interface ProxyGateOptions {
  /** addresses and networks of the proxies that are trusted; undefined: there are none in front, and nobody's header is read */
  readonly proxies: () => readonly string[] | undefined
  /** ms from TCP accept to the end of the header: a proxy sends it at once */
  readonly patience: number
  /** connections whose header is not there yet: at `most` so many, the oldest goes for a new one */
  readonly waiting: Set<Socket>
  readonly most: number
  readonly refused: (remote: string, fault: ProxyFault) => void
}

/** The address of the client, and the length of the header that has it. */
interface Said {
  readonly address: string
  readonly header: number
}

/** Where connections come from, where a proxy stands in front: read from its header, before anything else is. */
interface ProxyGate {
  /**
   * Calls `go` with what a header said, undefined where none is asked for: at once or later, what came behind it still unread. Or destroys
   * the socket.
   */
  arrived(socket: Socket, go: (said: Said | undefined) => void): void
}

/** PROXY protocol, version 2 alone: https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt. */
export function createProxyGate({ proxies, patience, waiting, most, refused }: ProxyGateOptions): ProxyGate {
  let list: readonly string[] | undefined
  let trusted = new BlockList()

  function isTrusted(address: string, entries: readonly string[]): boolean {
    if (list !== entries) trusted = addressList(entries)
    list = entries
    return isListed(trusted, address)
  }

  return {
    arrived(socket, go) {
      const entries = proxies()
      const remote = socket.remoteAddress ?? ''
      if (entries === undefined) return go(undefined)
      const end = (fault: ProxyFault) => {
        refused(remote, fault)
        socket.destroy()
      }
      // gone already
      if (remote === '') return void socket.destroy()
      // whatever it says of where it comes from, it says itself
      if (!isTrusted(remote, entries)) return end('untrusted')
      waiting.add(socket)
      const [oldest] = waiting
      if (waiting.size > most && oldest !== undefined) oldest.destroy()
      readHeader(socket, patience, (result) => {
        waiting.delete(socket)
        if ('fault' in result) end(result.fault)
        else if ('closed' in result) socket.destroy()
        else go({ address: result.address ?? remote, header: result.header })
      })
    },
  }
}

/** `address` undefined: the proxy's own connection. `closed`: it went without a word, as health checks do. */
type Result =
  | { readonly address: string | undefined; readonly header: number }
  | { readonly fault: ProxyFault }
  | { readonly closed: true }

/** Takes the bytes of the header from the socket and no more: those behind it stay where the TLS socket looks for them. */
function readHeader(socket: Socket, patience: number, done: (result: Result) => void): void {
  const finish = (result: Result) => {
    clearTimeout(deadline)
    socket.off('readable', look).off('close', gone).off('end', gone)
    done(result)
  }
  let preamble: ReturnType<typeof readPreamble> | undefined
  const look = () => {
    if (preamble === undefined) {
      const bytes: Buffer | null = socket.read(PREAMBLE)
      if (bytes === null) return
      preamble = readPreamble(bytes)
    }
    if (preamble.kind === 'fault') return finish({ fault: preamble.fault })
    const { length, from } = preamble
    const block: Buffer | null = length === 0 ? Buffer.alloc(0) : socket.read(length)
    if (block === null) return
    // what is there of one that has ended is handed out, too
    if (block.length < length) return finish({ fault: 'truncated' })
    finish({ address: from && clientAddress(block, from), header: PREAMBLE + length })
  }
  const gone = () => finish(socket.bytesRead === 0 ? { closed: true } : { fault: 'truncated' })
  const deadline = setTimeout(() => finish({ fault: 'late' }), patience).unref()
  // nobody else listens yet
  socket.on('error', () => {})
  socket.on('readable', look).on('close', gone).on('end', gone)
  look()
}
