import { SocketAddress } from 'node:net'

/** PROXY protocol 2, §2.2: what every header begins with. */
const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** bytes of the part that is the same in each: signature, version and command, family, length */
export const PREAMBLE = 16
/** bytes of addresses and TLVs that are read: a header fits into one segment (§2), and balancers add some hundred */
export const MOST = 2_048

const VERSION = 2
/** address family and transport protocol of TCP: bytes of its two addresses */
const TCP4 = { length: 4, family: 'ipv4' } as const
const TCP6 = { length: 16, family: 'ipv6' } as const

/** Why it is no header that counts, as logs and metrics have it. */
export type ProxyFault = 'signature' | 'version' | 'command' | 'family' | 'length' | 'truncated' | 'late' | 'untrusted'

/** The first 16 bytes. `from`: whose addresses follow; undefined where the proxy speaks for itself. */
type Preamble =
  | { readonly kind: 'preamble'; readonly length: number; readonly from: typeof TCP4 | typeof TCP6 | undefined }
  | { readonly kind: 'fault'; readonly fault: ProxyFault }

/**
 * Reads the first `PREAMBLE` bytes of a connection that a proxy opened. `LOCAL` is the proxy's own, whatever family it names: a health
 * check. Of `PROXY` only TCP over IPv4 and IPv6 is taken: of what has no address nothing could be counted (§2.2 leaves that to the receiver).
 */
export function readPreamble(bytes: Buffer): Preamble {
  const fault = (what: ProxyFault): Preamble => ({ kind: 'fault', fault: what })
  if (bytes.length !== PREAMBLE) return fault('truncated')
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return fault('signature')
  const [version, command] = nibbles(bytes.readUInt8(12))
  if (version !== VERSION) return fault('version')
  if (command > 1) return fault('command')
  const length = bytes.readUInt16BE(14)
  if (length > MOST) return fault('length')
  if (command === 0) return { kind: 'preamble', length, from: undefined }
  const families = new Map<number, typeof TCP4 | typeof TCP6>([
    [0x11, TCP4],
    [0x21, TCP6],
  ])
  const from = families.get(bytes.readUInt8(13))
  if (from === undefined) return fault('family')
  if (length < 2 * from.length + 4) return fault('length')
  return { kind: 'preamble', length, from }
}

/** The address of the client in what follows a preamble: source, destination, two ports, and TLVs that are passed over. */
export function clientAddress(block: Buffer, from: typeof TCP4 | typeof TCP6): string {
  const bytes = block.subarray(0, from.length)
  if (from.family === 'ipv4') return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')
  const { address } = new SocketAddress({ address: groups, family: 'ipv6' })
  return address
}

function nibbles(byte: number): readonly [number, number] {
  return [byte >> 4, byte & 0x0f]
}
