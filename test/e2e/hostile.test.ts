import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { RESTRICTIONS } from '../../src/vocabulary.ts'
import type { GatewayProcess } from '../support/command.ts'
import { createWorld, members, type World } from '../support/e2e.ts'
import { type HostileBody, hostileBodies } from '../support/hostile.ts'
import { iodef } from '../support/reports.ts'
import { type RidResponse, readUntilClose } from '../support/rid-client.ts'
import type { Site } from '../support/site.ts'

const MIB = 1_048_576

describe('hostile bodies at the RID endpoint', () => {
  let world: World
  let site: Site
  let gateway: GatewayProcess
  let bodies: HostileBody[]
  let fetched = 0

  before(async () => {
    world = await createWorld('prosody')
    const limit = [
      { name: 'incident', create: true, members: members(world.broker.domain), restrictions: RESTRICTIONS },
    ]
    site = await world.site({
      peers: [
        { name: 'csirt-a', publish: ['incident'] },
        { name: 'hostile', publish: ['incident'] },
      ],
      topics: limit,
    })
    gateway = world.use(await site.spawn())
    await site.ready()
    const secret = join(site.dir, 'secret')
    await writeFile(secret, 'the secret of this machine')
    const trap = createServer((socket) => {
      fetched += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve))
    world.use({ [Symbol.dispose]: () => void trap.close() })
    const address = trap.address()
    const port = typeof address === 'object' ? address?.port : 0
    bodies = hostileBodies({ trap: `http://127.0.0.1:${port}/x.dtd`, file: secret })
  })
  after(() => world[Symbol.asyncDispose]())

  /** Posts all of them, a few at a time; what was wrong with the answers. */
  async function postAll(): Promise<string[]> {
    const client = await site.client('hostile')
    const wrong: string[] = []
    const rest = bodies[Symbol.iterator]()
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        for (const hostile of rest) {
          const { name, body, headers } = hostile
          const answer = await client
            .send({ body, timeout: 30_000, ...(headers && { headers }) })
            .catch((error: Error) => error)
          const flaw = flawOf(answer, hostile.status)
          if (flaw !== undefined) wrong.push(`${name}: ${flaw}`)
        }
      }),
    )
    return wrong
  }

  test('are refused, and others hardly notice', async () => {
    const others = world.use(await site.client('csirt-a', { keepAlive: true }))
    const times: number[] = []
    let over = false
    const posting = (async () => {
      for (let n = 0; !over; n += 1) {
        const began = performance.now()
        const { status, body } = await others.post(iodef({ id: `other ${n}` }))
        times.push(performance.now() - began)
        assert.equal(status, 200, body)
        await wait(20)
      }
    })()
    const wrong = await postAll()
    over = true
    await posting
    assert.deepEqual(wrong, [])
    assert.equal(fetched, 0, 'something was fetched')
    assert.ok(times.length > 10)
    // npm run bench has the exact figure
    assert.ok(Math.max(...times) < 5_000, `${Math.max(...times)} ms`)
  })

  test('leave no memory behind', async () => {
    await postAll()
    const before = await gateway.memory()
    for (let round = 0; round < 3; round += 1) await postAll()
    await wait(500)
    const grown = (await gateway.memory()) - before
    assert.ok(grown < 250 * MIB, `${Math.round(grown / MIB)} MiB more`)
  })

  test('cut short, or sent too slowly, end with the connection alone', async () => {
    const client = await site.client('hostile')
    const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n'
    const cut = await client.raw()
    cut.end(`${head}Content-Length: 1000\r\n\r\n<IODEF-`)
    const endless = await client.raw()
    endless.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
    const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`
    const reading = readUntilClose(endless)
    for (let i = 0; i < 40 && endless.writable; i += 1) {
      endless.write(chunk)
      await wait(5)
    }
    assert.match(await reading, /^HTTP\/1.1 413 /)
    const slow = await client.raw()
    slow.write(head)
    const answer = await readUntilClose(slow, 30_000)
    assert.match(answer, /^HTTP\/1.1 408 /)
    cut.destroy()
    const { status } = await client.post(iodef({ id: 'after it all' }))
    assert.equal(status, 200)
  })

  test('publish nothing', async () => {
    await site.drained()
    const subscriber = await world.user('subscriber')
    const ids = await subscriber.ids('incident')
    for (const id of ids.slice(-5)) assert.ok(!(await subscriber.item('incident', id))?.includes('>hostile<'))
    assert.equal(await site.metric('iodef_gateway_messages_total', { source: 'hostile', outcome: 'accepted' }), 1)
  })
})

function flawOf(answer: RidResponse | Error, expected: readonly number[] = [400]): string | undefined {
  // 413 is said without reading on: a sender that only writes may see no more than the end of the connection
  if (answer instanceof Error) return expected.includes(413) ? undefined : answer.message
  const { status, body } = answer
  if (!expected.includes(status)) return `${status} ${body.slice(0, 300)}`
  if (body.includes('secret of this')) return 'gives the secret away'
  return body.length > 20_000 ? `an answer of ${body.length} bytes` : undefined
}
