import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import { type SrvRecord, srvAddresses } from '../../../src/grid/xmpp/srv.ts'
import { eventually } from '../../support/eventually.ts'
import { type FakeDns, startFakeDns } from '../../support/fake-dns.ts'
import { createRandom } from '../../support/random.ts'

const CLEAR = '_xmpp-client._tcp.grid.example'
const DIRECT = '_xmpps-client._tcp.grid.example'
const record = (name: string, port: number, priority = 0, weight = 0): SrvRecord => ({ name, port, priority, weight })

const find = (dns: FakeDns, random?: () => number) =>
  srvAddresses('grid.example', { resolve: dns.resolve, ...(random && { random }) })
const refuses = (dns: FakeDns, message: RegExp) =>
  assert.rejects(find(dns), (error: unknown) => {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.code, 'grid-away')
    assert.match(error.message, message)
    return true
  })

describe('the SRV records of a domain', () => {
  test('are asked for both services, and those of both are one set by priority', async () => {
    await using dns = await startFakeDns()
    dns.answers.set(CLEAR, [record('c.grid.example', 5222, 30), record('a.grid.example', 5299, 10)])
    dns.answers.set(DIRECT, [record('b.grid.example', 443, 20)])
    assert.deepEqual(await find(dns), [
      'xmpp://a.grid.example:5299',
      'xmpps://b.grid.example:443',
      'xmpp://c.grid.example:5222',
    ])
    assert.deepEqual([...dns.asked].sort(), [CLEAR, DIRECT])
  })

  test('of one priority are drawn by weight, and one of weight 0 seldom comes first', async () => {
    await using dns = await startFakeDns()
    dns.answers.set(CLEAR, [
      record('one.example', 1, 5, 10),
      record('none.example', 2, 5, 0),
      record('three.example', 3, 5, 30),
    ])
    const random = createRandom(11)
    const first = new Map<string, number>()
    for (let i = 0; i < 400; i += 1) {
      const addresses = await find(dns, random)
      assert.equal(new Set(addresses).size, 3)
      const at = addresses[0] ?? ''
      first.set(at, (first.get(at) ?? 0) + 1)
    }
    const [one, none, three] = ['one.example:1', 'none.example:2', 'three.example:3'].map(
      (at) => first.get(`xmpp://${at}`) ?? 0,
    )
    assert.ok((three ?? 0) > 240 && (three ?? 0) < 350, `three times the weight: ${three}`)
    assert.ok((one ?? 0) > 50 && (one ?? 0) < 150, `${one}`)
    assert.ok((none ?? 0) < 40, `${none}`)
  })

  test('that are not there leave the domain itself at 5222', async () => {
    await using dns = await startFakeDns()
    assert.deepEqual(await find(dns), ['xmpp://grid.example:5222'])
    dns.answers.set(CLEAR, 'NODATA')
    assert.deepEqual(await find(dns), ['xmpp://grid.example:5222'])
  })

  test('with the target `.` say that there is no such service: nothing else is tried', async () => {
    await using dns = await startFakeDns()
    dns.answers.set(CLEAR, [record('.', 0)])
    await refuses(dns, /grid\.example has no XMPP service: its SRV records say so\./)
    dns.answers.set(DIRECT, [record('a.grid.example', 5223)])
    assert.deepEqual(await find(dns), ['xmpps://a.grid.example:5223'])
  })

  test('that cannot be had are no reason to go elsewhere', async () => {
    await using dns = await startFakeDns()
    dns.answers.set(CLEAR, 'SERVFAIL')
    await refuses(dns, /Where grid\.example is served, its SRV records do not say: DNS does not answer/)
    dns.answers.set(CLEAR, 'silence')
    await refuses(dns, /DNS does not answer/)
    // those of the other service will do
    dns.answers.set(DIRECT, [record('a.grid.example', 5223)])
    assert.deepEqual(await find(dns), ['xmpps://a.grid.example:5223'])
  })

  test('are not waited for when it is over', async () => {
    await using dns = await startFakeDns()
    for (const name of [CLEAR, DIRECT]) dns.answers.set(name, 'silence')
    const over = new AbortController()
    const found = srvAddresses('grid.example', { resolve: dns.resolve, signal: over.signal })
    await eventually('both questions', () => dns.asked.length >= 2)
    over.abort()
    await assert.rejects(found, /Where grid\.example is served/)
    assert.equal(dns.asked.length, 2, 'nobody is asked again')
  })

  test('that name no host, or no port, are passed over, and of very many some are taken', async () => {
    const records = [
      ...['a b', 'x/..', 'a@evil.example', '-a', 'x'.repeat(64)].map((name) => record(name, 5222)),
      record('zero.example', 0),
      ...Array.from({ length: 40 }, (_, i) => record(`n${i}.grid.example.`, 5222, i)),
      record('n0.grid.example', 5222, 0),
    ]
    const addresses = await srvAddresses('grid.example', { resolve: async (name) => (name === CLEAR ? records : []) })
    assert.equal(addresses.length, 15)
    assert.equal(addresses[0], 'xmpp://n0.grid.example:5222')
    assert.equal(addresses.at(-1), 'xmpp://n14.grid.example:5222')
  })
})
