import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Clock } from '../../src/clock.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { OpsListener } from '../../src/ops/listener.ts'
import { createReadiness, FINE } from '../../src/ops/readiness.ts'
import type { Backlog } from '../../src/store/contract.ts'
import { opsBench } from './sources.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const clock: Clock = { now: () => now, sleep: async () => undefined, random: () => 0.5 }

const waiting: Backlog = {
  kind: 'topic',
  destination: '<script>alert(1)</script>',
  pending: 3,
  sending: 1,
  held: 2,
  withheld: 0,
  oldest: now,
  due: now,
  paused: null,
}

describe('the operators endpoint', () => {
  const board = createReadiness(clock)
  let backlog: () => Promise<Backlog[]> = async () => []
  let bench: Awaited<ReturnType<typeof opsBench>>
  let ops: OpsListener
  const metrics = createMetrics()

  before(async () => {
    bench = await opsBench({
      registry: metrics.registry,
      clock,
      readiness: () => board.read(),
      backlog: () => backlog(),
      refused: () => [{ fingerprint: 'AB:CD' }],
      recent: () => [{ at: now, level: 'error', event: 'held', text: 'Held (a & b): <b>no</b>' }],
    })
    ops = bench.ops
  })
  after(() => bench[Symbol.asyncDispose]())

  const get = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${ops.port}${path}`, init)

  test('has the refused certificates', async () => {
    assert.deepEqual(await (await get('/refused.json')).json(), [{ fingerprint: 'AB:CD' }])
  })

  test('is live', async () => {
    assert.equal((await get('/live')).status, 200)
  })

  test('answers 503 while no report can be taken, 200 else, and always says why', async () => {
    board.set('topic:incident', { state: 'failed', reason: 'not joined yet' })
    board.set('store', { state: 'failed', reason: 'disk full', stops: true })
    const waits = await get('/ready')
    assert.equal(waits.status, 503)
    assert.equal(
      ((await waits.json()) as { parts: Record<string, { reason: string }> }).parts['topic:incident']?.reason,
      'not joined yet',
    )
    board.set('store', FINE)
    const ready = await get('/ready')
    assert.equal(ready.status, 200)
    assert.equal(ready.headers.get('cache-control'), 'no-store')
    assert.equal(((await ready.json()) as { ready: boolean }).ready, true)
  })

  test('gives metrics of its own prefix', async () => {
    const response = await get('/metrics')
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/)
    for (const line of (await response.text()).split('\n')) assert.match(line, /^$|^#|^iodef_gateway_/)
  })

  test('shows people one page, with nothing executable and nothing from elsewhere', async () => {
    backlog = async () => [waiting]
    const response = await get('/')
    const page = await response.text()
    const csp = response.headers.get('content-security-policy') ?? ''
    assert.match(csp, /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'/)
    assert.doesNotMatch(csp, /unsafe|script-src/)
    assert.doesNotMatch(page, /<script|<b>no|https?:\/\//)
    assert.match(page, /Held \(a &amp; b\): &lt;b&gt;no&lt;\/b&gt;/)
    assert.match(page, /Needs you: reports are taken/)
  })

  test('shows nothing that a terminal or a browser obeys, whoever made up the text', async () => {
    const obeyed = '\u0085\u009b2J\u061c\u200f\u202e\u2066'
    board.set('topic:odd', { state: 'failed', reason: `odd ${obeyed}` })
    for (const path of ['/', '/ready']) {
      const text = await (await get(path)).text()
      assert.match(text, /odd /)
      assert.doesNotMatch(text, /[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
    }
    board.set('topic:odd', FINE)
  })

  test('says on that page what is wrong, also when the store is', async () => {
    board.set('grid', { state: 'failed', reason: 'ECONNREFUSED' })
    backlog = () => Promise.reject(new Error('disk'))
    const page = await (await get('/')).text()
    assert.match(page, /failed<\/span> grid <span class="dim small">for \d+ s<\/span><\/h3><p>ECONNREFUSED/)
    assert.match(page, /The store cannot be read/)
    assert.equal((await get('/queue.json')).status, 503)
    assert.equal((await get('/metrics')).status, 200)
  })

  test('says on that page what holds when it is sent, also when the store took its time', async () => {
    board.set('grid', FINE)
    backlog = async () => {
      board.set('grid', { state: 'failed', reason: 'ETIMEDOUT' })
      return []
    }
    assert.match(await (await get('/')).text(), /ETIMEDOUT/)
  })

  test('shows nothing to a page whose own name points to this machine', async () => {
    const status = (host: string) =>
      new Promise((resolve, reject) => {
        const sent = request(
          { port: ops.port, host: '127.0.0.1', path: '/queue.json', headers: { host } },
          (response) => resolve(response.resume().statusCode),
        )
        sent.on('error', reject).end()
      })
    backlog = async () => []
    for (const own of ['localhost', '127.0.0.1', '[::1]', 'a.localhost', '127.0.0.1:9590', 'LOCALHOST:1']) {
      assert.equal(await status(own), 200, own)
    }
    for (const other of [
      'evil.example',
      'evil.example:9590',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evil.example:abc',
      'evil example',
      'localhost:x',
      '[::1',
      'a b@localhost',
    ]) {
      assert.equal(await status(other), 421, other)
    }
  })

  test('knows nothing else', async () => {
    assert.equal((await get('/etc/passwd')).status, 404)
    assert.equal((await get('/ready', { method: 'POST' })).status, 404)
  })
})
