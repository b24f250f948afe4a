import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { delivery, envelope } from '../store/support.ts'
import { opsBench } from './sources.ts'

const EVIL = `<img src=x onerror="alert('1')">&`
const BODY = 'what the document says'

describe('the pages behind the overview', () => {
  let bench: Awaited<ReturnType<typeof opsBench>>
  let id = ''
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${bench.ops.port}${path}`)
    return {
      status: response.status,
      text: await response.text(),
      csp: response.headers.get('content-security-policy'),
    }
  }
  const query = (path: string, fields: Record<string, string>) => `${path}?${new URLSearchParams(fields)}`

  before(async () => {
    bench = await opsBench()
    const row = delivery(EVIL, {
      ...({ kind: 'peer', destination: EVIL, state: 'held' } as const),
      ...{ incident: `${EVIL} 7`, also: [`${EVIL} 8`], reason: `${EVIL} and \`${EVIL}\``, payload: BODY },
    })
    const accepted = await bench.store.accept(
      envelope(bench.clock, 'one', [row], { source: EVIL }),
      ([delivered = '']) => {
        const fields = {
          delivery: delivered,
          source: EVIL,
          destination: EVIL,
          reason: EVIL,
          note: EVIL,
          by: EVIL,
          code: EVIL,
        }
        return [{ at: bench.time.now, incident: `${EVIL} 7`, event: EVIL, fields }]
      },
    )
    assert.ok(accepted.outcome === 'accepted')
    id = accepted.deliveries[0] ?? ''
    bench.board.set(`peer:${EVIL}`, { state: 'failed', reason: EVIL })
    await bench.store.pause('peer', EVIL, { since: bench.time.now, by: EVIL })
  })
  after(() => bench[Symbol.asyncDispose]())

  test('take no markup from anybody, in any field, and never show a document', async () => {
    const paths = [
      '/',
      '/held',
      query('/delivery', { id }),
      query('/destination', { kind: 'peer', name: EVIL }),
      query('/trace', { incident: `${EVIL} 7` }),
      query('/trace', { incident: `nobody's ${EVIL}` }),
    ]
    for (const path of paths) {
      const { status, text, csp } = await get(path)
      assert.equal(status, 200, path)
      assert.match(text, /&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;/, path)
      assert.doesNotMatch(text, /<img|<script|onerror="/, path)
      assert.ok(!text.includes(BODY), path)
      assert.match(csp ?? '', /^default-src 'none'/)
    }
  })

  test('show a delivery with what befell it', async () => {
    const { text } = await get(query('/delivery', { id }))
    assert.match(text, new RegExp(`<h2 id="one">Delivery ${id}</h2>`))
    assert.match(text, /<dt>state<\/dt><dd><span class="failed">held<\/span>/)
    assert.match(text, /What befell it<\/h2><div class="one">/)
    assert.match(text, new RegExp(`iodef-gateway queue show ${id}`))
  })

  test('find an incident however it is asked for, as the trace command does', async () => {
    for (const incident of [`${EVIL} 7`, '7', `  ${EVIL}   7 `]) {
      const { text } = await get(query('/trace', { incident }))
      assert.match(text, /Where it stands now/, incident)
      assert.match(text, new RegExp(`<a href="/delivery\\?id=${id}">`), incident)
    }
    assert.match((await get(query('/trace', { incident: '9' }))).text, /Nothing is known of 9\./)
    assert.doesNotMatch((await get('/trace')).text, /Nothing is known/)
  })

  test('say where an incident stands that was delivered, and where nothing happened yet', async () => {
    const rows = [
      delivery('9001', { kind: 'peer', destination: 'csirt-c' }),
      delivery('9001', { destination: 'other' }),
    ]
    const accepted = await bench.store.accept(envelope(bench.clock, 'two', rows))
    assert.ok(accepted.outcome === 'accepted')
    const [one = '', two = ''] = accepted.deliveries
    await bench.store.claim({ kind: 'peer', destination: 'csirt-c', limit: 9, now: bench.time.now, leaseMs: 60_000 })
    const fields = { delivery: one, destination: 'csirt-c' }
    await bench.store.settle(
      [{ id: one, to: 'delivered' }],
      [{ at: bench.time.now, incident: 'csirt-a.example 9001', event: 'delivered', fields }],
    )
    const [, now = ''] = (await get('/trace?incident=9001')).text.split('Where it stands now')
    assert.match(
      now,
      new RegExp(`${one}</a> · <span class="">delivered</span>.*${two}</a> · <span class="">pending</span>`, 's'),
    )
  })

  test('say of a destination what waits for it, and who paused it', async () => {
    const { text } = await get(query('/destination', { kind: 'peer', name: EVIL }))
    assert.match(text, /0 pending, 0 being sent, 1 held, 0 withheld\./)
    assert.match(text, /Paused<\/span> by &lt;img/)
    assert.match((await get(query('/destination', { kind: 'topic', name: 'incident' }))).text, /Topic incident/)
  })

  test('are not there for what is not there, however it is asked for', async () => {
    for (const path of [
      '/delivery',
      '/delivery?id=x',
      '/delivery?id=1&id=2',
      '/destination?kind=topic&name=no',
      '/destination',
      '/sign-in',
    ]) {
      assert.equal((await get(path)).status, 404, path)
    }
    assert.match((await get('/held?group=no')).text, /Nothing is held any more/)
  })
})
