import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { STATUS_CSP, statusPage } from '../../src/ops/status-page.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
type Status = Parameters<typeof statusPage>[0]
const GOOD: Status = {
  name: 'gateway.example',
  version: '1.2.3',
  readiness: { ready: true, parts: { store: { state: 'ok', since: '2026-03-01T11:58:59Z', reason: null } } },
  backlog: [],
  recent: [],
  now: NOW,
}
const page = (change: Partial<Status> = {}) => statusPage({ ...GOOD, ...change })
const row = {
  kind: 'topic',
  destination: 'incident',
  pending: 3,
  sending: 1,
  held: 0,
  withheld: 4,
  oldest: NOW,
  due: NOW,
  paused: null,
} as const

describe('the status page', () => {
  test('says first whether reports are taken and whether somebody is needed, in its title too', () => {
    assert.match(page(), /<p class="verdict works">Works: reports are taken, and go where they should\.<\/p>/)
    assert.match(page(), /<title>gateway\.example · iodef-gateway<\/title>/)
    const parts = {
      grid: { state: 'failed', since: '2026-03-01T11:00:00Z', reason: 'Nothing listens there.' },
      store: { state: 'ok', since: '2026-03-01T11:00:00Z', reason: null },
    } as const
    const waits = page({ readiness: { ready: true, parts } })
    assert.match(waits, /<p class="verdict needs-you">Needs you: reports are taken, but something is wrong\.<\/p>/)
    assert.match(waits, /<title>NEEDS YOU: gateway\.example/)
    const bad = page({ readiness: { ready: false, parts: { ...parts } } })
    assert.match(bad, /<p class="verdict cannot-take">Cannot take reports\.<\/p>/)
    assert.match(bad, /<title>CANNOT TAKE REPORTS: gateway\.example/)
    assert.match(bad, /<td>grid<\/td><td class="failed">failed<\/td><td>60 min<\/td><td>Nothing listens there\.<\/td>/)
    assert.match(bad, /<td>store<\/td><td class="ok">ok<\/td>/)
  })

  for (const [ms, words] of [
    [0, '0 s'],
    [-5_000, '0 s'],
    [89_400, '89 s'],
    [90_000, '2 min'],
    [5_399_000, '90 min'],
    [5_400_000, '2 h'],
    [172_799_000, '48 h'],
    [172_800_000, '2 d'],
  ] as const) {
    test(`says ${words} of ${ms} ms`, () => {
      const backlog = [{ ...row, oldest: NOW - ms }]
      assert.match(page({ backlog }), new RegExp(`<td>${words}</td></tr></table>`))
    })
  }

  test('shows the queue, and in red what an operator must look at', () => {
    const shown = page({ backlog: [row, { ...row, kind: 'peer', held: 2, oldest: null }] })
    assert.match(
      shown,
      /<td>topic incident<\/td><td class="n">3<\/td><td class="n">1<\/td><td class="n">0<\/td><td class="n">4<\/td><td>0 s<\/td>/,
    )
    assert.match(shown, /<td>peer incident<\/td>.*<td class="n bad">2<\/td><td class="n">4<\/td><td><\/td>/)
    assert.match(page(), /Nothing waits\./)
    assert.match(page({ backlog: undefined }), /<p class="bad">The store cannot be read\.<\/p>/)
  })

  test('shows what happened lately', () => {
    assert.match(page(), /Nothing since the start\./)
    const recent = [{ at: NOW, level: 'warn', text: 'Topic not available' }] as unknown as Status['recent']
    assert.match(
      page({ recent }),
      /<time datetime="2026-03-01T12:00:00\.000Z">2026-03-01 12:00:00 UTC<\/time><\/td><td class="warn">warn<\/td><td>Topic not available<\/td>/,
    )
  })

  test('takes no markup from anybody', () => {
    const evil = `<img src=x onerror="alert('1')">&`
    const html = page({
      name: evil,
      version: evil,
      readiness: { ready: false, parts: { [evil]: { state: 'failed', since: '2026-03-01T11:00:00Z', reason: evil } } },
      backlog: [{ ...row, destination: evil }],
      recent: [{ at: NOW, level: 'info', text: evil }] as unknown as Status['recent'],
    })
    assert.doesNotMatch(html, /<img/)
    const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;'
    assert.equal(html.split(escaped).length - 1, 7)
  })

  test('may load nothing, and no style but its own', () => {
    const style = /<style>(.*?)<\/style>/s.exec(page())?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    assert.ok(STATUS_CSP.includes(`style-src 'sha256-${hash}'`))
    assert.match(STATUS_CSP, /^default-src 'none';/)
    assert.doesNotMatch(page(), /<script|<link|style=/)
  })
})
