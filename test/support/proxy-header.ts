import { isIPv6, SocketAddress } from 'node:net'

interface ProxyHeader {
  readonly command?: 'PROXY' | 'LOCAL'
  /** the client's address; none of LOCAL */
  readonly source?: string
  readonly tlvs?: Buffer
}

/** What a proxy begins a connection with (PROXY protocol 2, §2.2), as its text has it. */
export function proxyHeader({ command = 'PROXY', source, tlvs = Buffer.alloc(0) }: ProxyHeader): Buffer {
  const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
  const addresses = source === undefined ? [] : [bytesOf(source), bytesOf(isIPv6(source) ? '::1' : '127.0.0.1')]
  const ports = source === undefined ? Buffer.alloc(0) : Buffer.from([0xc3, 0x50, 0x11, 0xee])
  const block = Buffer.concat([...addresses, ports, tlvs])
  const head = Buffer.alloc(4)
  head.writeUInt8(command === 'PROXY' ? 0x21 : 0x20, 0)
  head.writeUInt8(source === undefined ? 0x00 : isIPv6(source) ? 0x21 : 0x11, 1)
  head.writeUInt16BE(block.length, 2)
  return Buffer.concat([signature, head, block])
}

function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (mapped !== undefined) return Buffer.concat([Buffer.alloc(10), Buffer.from([255, 255]), bytesOf(mapped)])
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: zeros }, () => '0'), ...groups(tail ?? '')]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
