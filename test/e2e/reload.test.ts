import assert from 'node:assert/strict'
import { copyFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { iodefGateway } from '../cli/capture.ts'
import { eventually } from '../support/eventually.ts'
import { iodef, ridReport } from '../support/reports.ts'
import { A, B, lastReload, peersOf, rid, running } from '../support/running.ts'

test('a peer is added and taken away while reports of another flow, and no connection is dropped', async () => {
  await using t = await running()
  const { site, gateway } = t
  const a = await site.client('csirt-a', { keepAlive: true })
  const b = await site.client('csirt-b', { keepAlive: true })
  let flowing = true
  let approved = 0
  const flow = (async () => {
    for (let n = 0; flowing; n += 1) {
      const { status, body } = await a.post(ridReport(iodef({ id: `flow-${n}` })))
      assert.equal(status, 200, body)
      approved += 1
    }
  })()
  assert.equal(
    (await b.post(ridReport(iodef({ id: 'b-0', source: 'csirt-b.example' }), 'csirt-b.example'))).status,
    403,
  )
  await site.config(peersOf(site, A, B))
  assert.deepEqual(gateway.reload(), { taken: true })
  const taken = await b.post(ridReport(iodef({ id: 'b-1', source: 'csirt-b.example' }), 'csirt-b.example'))
  assert.match(taken.body, /Approved/)
  await site.config(peersOf(site, A))
  assert.deepEqual(gateway.reload(), { taken: true })
  assert.equal(
    (await b.post(ridReport(iodef({ id: 'b-2', source: 'csirt-b.example' }), 'csirt-b.example'))).status,
    403,
  )
  const before = approved
  await eventually('reports to flow on', () => approved > before + 3)
  flowing = false
  await flow
  const { pending, sending } = await site.backlog()
  assert.equal(pending + sending, approved + 1, 'all that was approved is there')
  const parts = Object.keys((await site.health()).body.parts).filter((part) => part.startsWith('peer:'))
  await eventually('the peer to be gone from /ready', async () => !('peer:csirt-b' in (await site.health()).body.parts))
  assert.equal(await site.metric('iodef_gateway_part_up', { part: 'peer:csirt-a' }), 1)
  assert.equal(await site.metric('iodef_gateway_part_up', { part: 'peer:csirt-b' }), 0, 'nor in the metrics')
  assert.ok(parts.includes('peer:csirt-a'))
})

test('a configuration with a fault is refused with every reason, and everything goes on as it was', async () => {
  await using t = await running()
  const { site, gateway, lines } = t
  const client = await site.client('csirt-a')
  await site.config({ ...peersOf(site, { ...A, publish: ['nowhere'] }), routes: [{ topic: 'elsewhere' }] })
  const outcome = gateway.reload()
  assert.equal(outcome.taken, false)
  assert.deepEqual(outcome.taken ? [] : outcome.problems.map(({ path }) => path), [
    'peers[0].publish[0]',
    'routes[0].topic',
  ])
  assert.equal(lastReload(lines).msg, 'Configuration was refused, the old one stays')
  assert.match(String(lastReload(lines).reason), /nowhere.*elsewhere/)
  assert.match((await client.post(ridReport(iodef({ id: 'after' })))).body, /Approved/)
  await writeFile(site.configFile, 'rid: [')
  assert.equal(gateway.reload().taken, false)
  await site.config()
  assert.deepEqual(gateway.reload(), { taken: true })
  assert.equal(lastReload(lines).msg, 'Configuration was read again')
})

test('what needs a restart, or a key that does not fit, is refused with all that stands beside it', async () => {
  await using t = await running()
  const { site, gateway, lines } = t
  const b = await site.client('csirt-b')
  await site.config({ ...peersOf(site, A, B), store: { path: './elsewhere.db' } })
  const outcome = gateway.reload()
  assert.deepEqual(outcome.taken ? [] : outcome.problems.map(({ path }) => path), ['store'])
  assert.match(String(lastReload(lines).reason), /^store: .* needs a restart$/)
  assert.equal((await b.post(ridReport(iodef({ id: 'b' })))).status, 403)
  await site.config(peersOf(site, A, B))
  await copyFile((await site.ca.issue({ cn: 'x', dns: ['localhost'] })).key, join(site.dir, 'rid.key'))
  assert.equal(gateway.reload().taken, false)
  assert.match(String(lastReload(lines).reason), /do not fit together/)
  assert.equal((await b.post(ridReport(iodef({ id: 'b' })))).status, 403)
})

test('routes, limits and the log level of a new configuration count for the next report', async () => {
  await using t = await running()
  const { site, gateway, lines } = t
  const client = await site.client('csirt-a', { keepAlive: true })
  assert.match((await client.post(ridReport(iodef({ id: 'one' })))).body, /Approved/)
  await site.config({
    routes: [{ match: { purpose: ['watch'] }, topic: 'incident' }],
    rid: { ...rid(site), maxMessage: '2KiB' },
    log: { level: 'error' },
  })
  assert.deepEqual(gateway.reload(), { taken: true })
  const told = lines.length
  assert.match((await client.post(ridReport(iodef({ id: 'two' })))).body, /Denied/)
  const long = iodef({ id: 'three', purpose: 'watch', description: 'long '.repeat(600) })
  assert.equal((await client.post(ridReport(long))).status, 413)
  assert.deepEqual(
    lines.slice(told).filter(({ level }) => level === 'info'),
    [],
  )
})

test('what a reload sets for one subject of the log alone is logged of that one from then on', async () => {
  await using t = await running()
  const { site, gateway, lines } = t
  const client = await site.client('csirt-a', { keepAlive: true })
  const post = async (id: string) => {
    const told = lines.length
    assert.match((await client.post(ridReport(iodef({ id })))).body, /Approved/)
    // told when the response is over
    const isOver = () => lines.slice(told).some(({ event }) => event === 'rid-request')
    await eventually('the request to be logged', isOver)
    return lines.slice(told).some(({ event }) => event === 'accepted')
  }
  assert.equal(await post('one'), true)
  await site.config({ log: { level: 'error', levels: { rid: 'debug' } } })
  assert.deepEqual(gateway.reload(), { taken: true })
  assert.equal(await post('two'), false)
})

test('the command says what became of a reload: 0 in force, 1 refused with each reason, 3 where nobody runs', async () => {
  await using t = await running()
  const { site, gateway, lines } = t
  const command = () => iodefGateway(['reload', '--config', site.configFile])
  await site.config(peersOf(site, A, B))
  assert.deepEqual(await command(), { code: 0, out: `${site.configFile}: in force\n`, err: '' })
  assert.equal(lastReload(lines).msg, 'Configuration was read again')

  await site.config({ ...peersOf(site, A), rid: { ...rid(site), port: 1 } })
  const fixed = await command()
  assert.equal(fixed.code, 1)
  assert.match(fixed.err, /^problem {2}rid\.port: .* needs a restart\n.*: refused, the old one stays\n$/)
  assert.match(String(lastReload(lines).reason), /^rid\.port: .* needs a restart$/)

  await site.config(peersOf(site, { ...A, publish: ['nowhere'] }))
  const broken = await command()
  assert.equal(broken.code, 1)
  assert.match(broken.err, /^problem {2}peers\[0\]\.publish\[0\]: .*nowhere.* \(line \d+\)\n/)
  await site.config()
  assert.equal((await command()).code, 0)
  await gateway[Symbol.asyncDispose]()
  const nobody = await command()
  assert.deepEqual([nobody.code, nobody.out], [3, ''])
  assert.match(nobody.err, /No gateway that runs on .* answers: none is running/)
})

test('certificates and the revocation list are swapped again and again while reports flow, and none that was acknowledged is lost', async () => {
  const SWAPS = Number(process.env.SWAPS ?? 20)
  await using t = await running()
  const { site, gateway } = t
  const lists = [await site.ca.crl([]), await site.ca.crl([await site.certificate('gone')])]
  const own = [site.server, await site.ca.issue({ cn: 'gateway', dns: ['localhost', 'gateway.example'] })]
  /** Into its place at once, as certificate tools do. */
  const put = async (from: string | undefined, name: string) => {
    await copyFile(from ?? '', join(site.dir, `${name}.new`))
    await rename(join(site.dir, `${name}.new`), join(site.dir, name))
  }
  await put(lists[0], 'peers.crl')
  await site.config({
    rid: { ...rid(site), tls: { cert: 'rid.pem', key: 'rid.key', ca: 'peers-ca.pem', crl: 'peers.crl' } },
  })
  assert.deepEqual(gateway.reload(), { taken: true })
  let flowing = true
  const acknowledged: string[] = []
  async function flow(name: string, keepAlive: boolean): Promise<void> {
    const client = await site.client('csirt-a', { keepAlive })
    for (let n = 0; flowing; n += 1) {
      const id = `${name}-${n}`
      // a handshake that was begun under the old files is ended: whoever has no answer sends again
      const answer = await client.post(ridReport(iodef({ id }))).catch(() => undefined)
      if (answer === undefined) continue
      assert.match(answer.body, /Approved/)
      acknowledged.push(id)
    }
  }
  const flows = [flow('kept', true), flow('each', false), flow('more', false)]
  for (let n = 1; n <= SWAPS; n += 1) {
    await put(own[n % 2]?.cert, 'rid.pem')
    await put(own[n % 2]?.key, 'rid.key')
    await put(lists[n % 2], 'peers.crl')
    assert.deepEqual(gateway.reload(), { taken: true })
    const before = acknowledged.length
    await eventually('a report to get through', () => acknowledged.length > before)
  }
  flowing = false
  await Promise.all(flows)
  const stored = JSON.parse(await site.command('queue', 'list', '--json')) as { incident: string }[]
  const there = new Set(stored.map(({ incident }) => incident.replace('csirt-a.example ', '')))
  assert.deepEqual(
    acknowledged.filter((id) => !there.has(id)),
    [],
  )
  assert.ok(acknowledged.length >= SWAPS)
})
