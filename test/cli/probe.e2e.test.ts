import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { boot } from '../support/boot.ts'
import { createSite, type Site } from '../support/site.ts'
import { iodefGateway } from './capture.ts'

interface Row {
  readonly check: string
  readonly where: string
  readonly asItSays: string
  readonly found: string
  readonly right: string
}

const PEER = {
  name: 'prober',
  accept: ['Report', 'Query', 'InvestigationRequest', 'TraceRequest'],
  publish: ['incident'],
  query: ['incident'],
}

/** What no RID system should do: everything at once. */
function oddly(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  response.setHeader('connection', 'close')
  const type = request.headers['content-type'] ?? ''
  if (request.url !== '/') return void response.writeHead(302, { location: '/login' }).end()
  if (request.method === 'GET') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html/>')
  if (type.includes('charset')) return void response.writeHead(415).end()
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
}

describe('probe', () => {
  let site: Site
  let gateway: Awaited<ReturnType<typeof boot>>
  let tls: string[] = []
  let odd: Server
  let oddPort = 0

  before(async () => {
    site = await createSite({ peers: [PEER] })
    gateway = await boot(site)
    const { cert, key } = await site.certificate('prober')
    const own = await site.certificate('odd')
    const pem = { cert: readFileSync(own.cert), key: readFileSync(own.key) }
    odd = createServer({ ...pem, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }, oddly)
    await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve))
    oddPort = (odd.address() as AddressInfo).port
    tls = ['--cert', cert, '--key', key, '--ca', site.ca.cert]
  })
  after(async () => {
    odd.closeAllConnections()
    odd.close()
    await gateway[Symbol.asyncDispose]()
    await site[Symbol.asyncDispose]()
  })

  const rows = async (...args: string[]) => {
    const { code, out, err } = await iodefGateway(['probe', ...args, '--json'])
    assert.notEqual(out, '', err)
    const found = (JSON.parse(out) as { rows: Row[] }).rows
    return { code, by: Object.fromEntries(found.map((row) => [row.check, row])), all: found }
  }

  test('finds nothing wrong with this gateway, and publishes nothing there', async () => {
    const { code, all, by } = await rows(`https://localhost:${site.ridPort}/`, ...tls)
    assert.deepEqual(
      all.filter(({ asItSays }) => asItSays !== 'yes'),
      [],
    )
    assert.equal(code, 0)
    assert.equal(by.TLS?.found, 'TLSv1.3')
    assert.match(String(by['certificate: names']?.found), /DNS:localhost/)
    assert.equal(by.Query?.found, '200, Report')
    assert.equal(by.Report, undefined)
    assert.deepEqual(await site.backlog(), { pending: 0, sending: 0, held: 0, withheld: 0 })
  })

  test('sends what may be published only when it is told to', async () => {
    const { code, by } = await rows(`https://localhost:${site.ridPort}/`, ...tls, '--post')
    assert.equal(code, 0)
    assert.equal(by.Report?.found, '200, Acknowledgement Approved')
    for (const check of ['InvestigationRequest', 'TraceRequest', 'Result unasked']) {
      assert.equal(by[check]?.asItSays, 'yes', check)
    }
  })

  test('says of an odd server what is not as the standard has it, and what would be right', async () => {
    const url = `https://localhost:${oddPort}/`
    const { code, by } = await rows(url, ...tls)
    assert.equal(code, 1)
    const wrong = Object.values(by).filter(({ asItSays }) => asItSays === 'no')
    assert.deepEqual(
      wrong.map(({ check }) => check).toSorted(),
      [
        ...['GET /', 'GET of another URI', 'HEAD /', 'POST of another URI', 'Query', 'UTF-16'],
        ...[
          'Acknowledgement unasked',
          'another Content-Type',
          'charset=utf-8',
          'connections',
          'no certificate',
          'not well-formed',
          'old TLS',
        ],
        ...['redirects', 'unknown MsgType'],
      ].toSorted(),
    )
    assert.equal(by.redirects?.found, '302 to /login')
    assert.match(String(by.Query?.found), /^200, /)
    const table = await iodefGateway(['probe', url, ...tls])
    assert.match(table.out, /^AS IT SAYS +WHERE +CHECK +FOUND +RIGHT WOULD BE$/m)
    assert.match(table.out, /^no +RFC 6546 §3 SHOULD +GET \/ +200 +204$/m)
  })

  test('sends nothing to somebody else', async () => {
    const { code, by, all } = await rows(`https://127.0.0.1:${oddPort}/`, ...tls)
    assert.equal(code, 1)
    assert.equal(by['certificate: names']?.asItSays, 'no')
    assert.equal(all.length, 5)
  })

  test('takes a peer of the configuration, and exits with 3 where nobody is there', async () => {
    const url = 'https://127.0.0.1:1/'
    await site.config({ peers: [{ ...PEER, identity: { dns: 'prober.example' }, url }] }, 'probe.yaml')
    const config = ['--config', `${site.dir}/probe.yaml`]
    const { code, err, out } = await iodefGateway(['probe', 'prober', ...config])
    assert.equal(code, 3, err)
    assert.match(out, /nothing listens there/)
    const other = await iodefGateway(['probe', 'probe', ...config])
    assert.equal(other.code, 2)
    assert.match(other.err, /did you mean "prober"/)
  })
})
