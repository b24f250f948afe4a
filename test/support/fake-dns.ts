import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { type ResolveSrv, resolveSrv, type SrvRecord } from '../../src/grid/xmpp/srv.ts'

/** What is answered for a name: its records, none of that name, none of that kind, a failure, or nothing at all. */
export type Answer = readonly SrvRecord[] | 'NXDOMAIN' | 'NODATA' | 'SERVFAIL' | 'silence'

/** A name server on loopback that knows SRV records and makes faults on purpose. */
export interface FakeDns extends AsyncDisposable {
  /** by name, in lower case; of all others there are none [NXDOMAIN] */
  readonly answers: Map<string, Answer>
  /** names that were asked for */
  readonly asked: readonly string[]
  /** Asks it as the gateway asks that of the system. */
  readonly resolve: ResolveSrv
}

const SRV = 33

/** RFC 1035 §4, RFC 2782. */
export async function startFakeDns(): Promise<FakeDns> {
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, end } = readName(query, 12)
    asked.push(name)
    const answer = answers.get(name.toLowerCase()) ?? 'NXDOMAIN'
    if (answer !== 'silence') socket.send(reply(query, query.subarray(12, end + 4), answer), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address() as AddressInfo
  return {
    answers,
    asked,
    resolve: (name, signal) => resolveSrv(name, signal, [`127.0.0.1:${port}`], 100),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function reply(query: Buffer, question: Buffer, answer: Exclude<Answer, 'silence'>): Buffer {
  const records = typeof answer === 'string' ? [] : answer
  const code = answer === 'NXDOMAIN' ? 3 : answer === 'SERVFAIL' ? 2 : 0
  const head = Buffer.alloc(12)
  query.copy(head, 0, 0, 2)
  head.writeUInt16BE(0x8580 | code, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(records.length, 6)
  return Buffer.concat([head, question, ...records.map(srvRecord)])
}

function srvRecord({ name, port, priority, weight }: SrvRecord): Buffer {
  const target = writeName(name)
  // the name is that of the question (§4.1.4)
  const head = Buffer.from([0xc0, 12, 0, SRV, 0, 1, 0, 0, 0, 60, 0, 6 + target.length])
  const numbers = Buffer.alloc(6)
  numbers.writeUInt16BE(priority, 0)
  numbers.writeUInt16BE(weight, 2)
  numbers.writeUInt16BE(port, 4)
  return Buffer.concat([head, numbers, target])
}

function readName(bytes: Buffer, at: number): { name: string; end: number } {
  const labels: string[] = []
  let i = at
  for (let length = bytes[i] ?? 0; length > 0; length = bytes[i] ?? 0) {
    labels.push(bytes.toString('latin1', i + 1, i + 1 + length))
    i += 1 + length
  }
  return { name: labels.join('.'), end: i + 1 }
}

function writeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.from([...labels.flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]), 0])
}
