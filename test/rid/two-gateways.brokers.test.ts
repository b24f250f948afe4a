import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { Reply } from '../../src/rid/contract.ts'
import { createRidSender } from '../../src/rid/sender.ts'
import { readUntilClose } from '../support/rid-client.ts'
import { acknowledgement } from '../support/rid-peer.ts'
import { type BenchOptions, csirtA, memoryLog, pki, REPLY, root, startBench } from './setup.ts'

after(() => pki.dispose())

async function sendOne(options: BenchOptions, xml = '<a/>') {
  await using bench = await startBench(options)
  const { tell } = memoryLog()
  await using sender = createRidSender({
    receiver: { name: 'gateway', url: `https://localhost:${bench.port}/`, identity: { dns: 'localhost' } },
    tls: { cert: csirtA.cert, key: csirtA.key, ca: root.cert },
    readReply: async (body): Promise<Reply> => {
      const status = Buffer.from(body).toString().includes('Denied') ? 'Denied' : 'Approved'
      return { kind: 'acknowledgement', status }
    },
    tell,
  })
  return await sender.send({ write: () => xml, msgType: 'Report' }, new AbortController().signal)
}

test('our sender and our listener understand each other', async () => {
  assert.deepEqual(await sendOne({}), { kind: 'delivered', status: 200 })
  const denied = async () => ({ kind: 'reply', xml: acknowledgement('Denied') }) as const
  assert.deepEqual(await sendOne({ accept: denied }), { kind: 'hold', reason: 'The peer denied it' })
  const down = await sendOne({ state: () => 'draining' })
  assert.equal(down.kind === 'retry' && down.retryAfter, 30_000)
})

test('a refusal says why, and our queue shows it', async () => {
  const problem = {
    status: 400,
    title: 'Bad Request',
    errors: [{ line: 7, column: 3, message: 'no purpose' }],
  } as const
  const held = await sendOne({ accept: async () => ({ kind: 'problem', problem }) })
  assert.deepEqual(held, {
    kind: 'hold',
    reason: 'The peer answered HTTP 400: Bad Request; line 7, column 3: no purpose',
  })
})

test('a message far over the limit is held with 413, not lost in a reset', async () => {
  const held = await sendOne({ maxMessage: 1000 }, 'x'.repeat(3_000_000))
  assert.equal(held.kind, 'hold')
  assert.match(held.kind === 'hold' ? held.reason : '', /HTTP 413/)
})

test('no bytes get more than a refusal, and the listener goes on', async () => {
  await using bench = await startBench({ limits: { headers: 300, request: 300, linger: 20 } })
  await using client = bench.client()
  const pieces = fc.constantFrom(
    'POST / HTTP/1.1\r\n',
    'Host: x\r\n',
    'Content-Type: text/xml\r\n',
    'Content-Length: 4\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Expect: 100-continue\r\n',
    '\r\n',
    '<a/>',
    '4\r\n<a/>\r\n',
    '0\r\n\r\n',
    'GET /x HTTP/1.1\r\n',
    '\0',
    'é',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(pieces, fc.string({ maxLength: 20 })), { maxLength: 20 }), async (parts) => {
      const socket = await client.raw()
      socket.on('error', () => {})
      const received = readUntilClose(socket, 500)
      socket.end(parts.join(''), 'latin1')
      const statuses = [...(await received).matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1]))
      socket.destroy()
      for (const status of statuses) assert.ok(status < 500 && (status < 300 || status >= 400), String(status))
    }),
    { numRuns: 60 },
  )
  assert.equal((await client.post('<a/>')).body, REPLY)
})
