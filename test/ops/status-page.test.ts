import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { type Status, statusPage } from '../../src/ops/status-page.ts'
import { PAGE_CSP } from '../../src/ops/style.ts'
import { held, NOW } from './sources.ts'

const GOOD: Status = {
  viewer: { name: 'gateway.example', version: '1.2.3', now: NOW, signIn: undefined },
  readiness: { ready: true, parts: { store: { state: 'ok', since: '2026-03-01T11:58:59Z', reason: null } } },
  backlog: [],
  held: [],
  flow: [],
  recent: [],
  still: false,
}
const page = (change: Partial<Status> = {}) => statusPage({ ...GOOD, ...change })
const row = {
  ...({ kind: 'topic', destination: 'incident', pending: 3, sending: 1, held: 0, withheld: 4 } as const),
  ...{ oldest: NOW, due: NOW, paused: null },
}

describe('the overview', () => {
  test('says first whether reports are taken and whether somebody is needed, in its title too', () => {
    assert.match(page(), /<p class="verdict works">Works: reports are taken, and go where they should\.<\/p>/)
    assert.match(page(), /<title>gateway\.example · iodef-gateway<\/title>/)
    assert.doesNotMatch(page(), /What needs you/)
    const parts = {
      store: { state: 'ok', since: '2026-03-01T11:00:00Z', reason: null },
      disk: { state: 'degraded', since: '2026-03-01T11:00:00Z', reason: 'Little is free: `df`.' },
      grid: { state: 'failed', since: '2026-03-01T11:00:00Z', reason: 'Nothing listens there.' },
    } as const
    const waits = page({ readiness: { ready: true, parts } })
    assert.match(waits, /<p class="verdict needs-you">Needs you: reports are taken, but something is wrong\.<\/p>/)
    assert.match(waits, /<title>NEEDS YOU: gateway\.example/)
    const bad = page({ readiness: { ready: false, parts } })
    assert.match(bad, /<p class="verdict cannot-take">Cannot take reports\.<\/p>/)
    assert.match(bad, /<title>CANNOT TAKE REPORTS: gateway\.example/)
    assert.match(bad, /failed<\/span> grid <span class="dim small">for 60 min<\/span><\/h3><p>Nothing listens there\./)
    assert.match(bad, /Little is free: <code>df<\/code>\./)
    assert.ok(bad.indexOf('Nothing listens') < bad.indexOf('Little is free'), 'what failed stands first')
    assert.match(bad, /<span class="ok">ok<\/span> store/)
  })

  test('shows what is held with its reasons and ids, grouped, with links', () => {
    const rows = ['1', '2', '3', '4'].map((id) => held(id, `status 40${id}`))
    const shown = page({ backlog: [{ ...row, kind: 'peer', held: 5 }], held: [...rows, held('5', 'It was denied.')] })
    assert.match(shown, /4 held<\/span> for <a href="\/destination\?kind=peer&amp;name=csirt-b">peer csirt-b<\/a>/)
    assert.match(shown, /<a href="\/delivery\?id=4">4<\/a> · <a href="\/trace\?incident=csirt-a\.example\+4">/)
    assert.match(shown, /<a href="\/held\?group=[0-9a-f]{16}">1 more<\/a>/)
    assert.match(shown, /It was denied\./)
    assert.match(shown, /5 deliveries are held: <a href="\/held">/)
    assert.doesNotMatch(shown, /<form|<button/)
  })

  test('shows no ids, reasons or incidents to whoever did not sign in, where one can', () => {
    const recent = [{ at: NOW, level: 'warn', event: 'held', text: 'Delivery held (csirt-a.example 7)' }] as const
    const viewer = { ...GOOD.viewer, signIn: { session: undefined } }
    const backlog = [{ ...row, held: 1 }]
    const shown = page({ viewer, recent, backlog, held: [held('7', 'It was denied.')] })
    assert.match(shown, /One delivery is held: <a href="\/sign-in">sign in<\/a>/)
    assert.doesNotMatch(shown, /csirt-a\.example 7|It was denied|\/delivery|\/destination\?/)
  })

  test('shows the flow in both directions, with what waits', () => {
    const shown = page({
      flow: [
        { way: 'in', name: 'csirt-a', done: 120, failed: 3, lately: 12, last: NOW - 41_000 },
        { way: 'out', kind: 'topic', name: 'incident', done: 110, failed: 4, lately: 11, last: 0 },
      ],
      backlog: [
        row,
        { ...row, kind: 'peer', destination: 'csirt-b', held: 2, oldest: null, paused: { since: NOW, by: 'ann' } },
      ],
    })
    const cells = (name: string) => {
      const [, rest = ''] =
        new RegExp(`${name}(?:</a>)?(?: <span class="degraded">paused</span>)?</th>(.*?)</tr>`).exec(shown) ?? []
      return [...rest.matchAll(/>([^<]*)<\/td>/g)].map(([, text]) => text)
    }
    assert.deepEqual(cells('csirt-a'), ['12', '120', '3', '41 s ago'])
    assert.deepEqual(cells('Topic incident'), ['11', '110', '4', '4', '0', '4', '0 s', 'not yet'])
    assert.deepEqual(cells('peer csirt-b'), ['0', '0', '0', '4', '2', '4', '', 'not yet'])
    assert.match(shown, /class="n bad" data-label="held">2</)
    assert.match(shown, /peer csirt-b<\/a> <span class="degraded">paused/)
    assert.match(page({ backlog: undefined }), /The store cannot be read/)
  })

  test('shows what happened lately', () => {
    assert.match(page(), /Nothing since the start\./)
    const recent = [{ at: NOW, level: 'warn', event: 'state', text: 'Topic not available' }] as const
    assert.match(
      page({ recent }),
      /2026-03-01 12:00:00 UTC<\/time> · <span class="warn">warn<\/span><\/p><p>Topic not available/,
    )
  })

  test('is read anew by itself, unless it is asked to hold still', () => {
    assert.match(page(), /<meta http-equiv="refresh" content="5">.*<a href="\/\?still">hold still<\/a>/s)
    assert.doesNotMatch(page({ still: true }), /http-equiv/)
  })

  test('takes no markup from anybody', () => {
    const evil = `<img src=x onerror="alert('1')">&`
    const html = page({
      viewer: { ...GOOD.viewer, name: evil, version: evil },
      readiness: {
        ready: false,
        parts: {
          [evil]: { state: 'failed', since: '2026-03-01T11:00:00Z', reason: evil },
          [`topic:${evil}`]: { state: 'ok', since: '2026-03-01T11:00:00Z', reason: null },
        },
      },
      backlog: [{ ...row, destination: evil, held: 1 }],
      held: [{ ...held(evil, evil), destination: evil, incident: evil, source: evil }],
      flow: [{ way: 'in', name: evil, done: 1, failed: 0, lately: 0, last: 0 }],
      recent: [{ at: NOW, level: 'info', event: 'held', text: evil }],
    })
    assert.doesNotMatch(html, /<img|onerror="/)
    const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;'
    assert.equal(html.split(escaped).length - 1, 14)
  })

  test('may load nothing, and no style but its own', () => {
    const style = /<style>(.*?)<\/style>/s.exec(page())?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    assert.ok(PAGE_CSP.includes(`style-src 'sha256-${hash}'`))
    assert.match(PAGE_CSP, /^default-src 'none';/)
    assert.match(PAGE_CSP, /form-action 'self'/)
    assert.doesNotMatch(page(), /<script|<link|style=/)
  })
})
