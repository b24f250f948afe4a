import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createEvents } from '../../src/events.ts'
import { createLog } from '../../src/log.ts'
import type { Flow } from '../../src/ops/flow.ts'
import { createBench, delivery, envelope, MEMORY, type SqliteBench } from '../store/support.ts'
import { type Chromium, startChromium } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { NOW, opsBench, TOKEN } from './sources.ts'

/** Whoever wants to look at the pages names a folder for their pictures. */
const { SCREENSHOTS } = process.env
/** What a stranger could write into any field that is a name, an id or a reason; and a word without an end. */
const EVIL = `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'">' & ${'W'.repeat(120)}`

const flow: Flow[] = [
  { way: 'in', name: 'csirt-a', done: 1204, failed: 3, lately: 12, last: NOW - 41_000 },
  { way: 'in', name: `evil ${EVIL}`.slice(0, 64), done: 1, failed: 0, lately: 0, last: 0 },
  { way: 'out', kind: 'topic', name: 'incident', done: 1190, failed: 4, lately: 12, last: NOW - 40_000 },
  { way: 'out', kind: 'peer', name: 'csirt-b', done: 310, failed: 61, lately: 0, last: NOW - 7_400_000 },
]

describe('the pages in a browser', () => {
  let stack: AsyncDisposableStack
  let bench: SqliteBench
  let ops: Awaited<ReturnType<typeof opsBench>>
  let phone: Chromium
  let desk: Chromium
  let heldId = ''
  const url = (path: string) => `http://127.0.0.1:${ops.ops.port}${path}`
  const stateOf = async (id: string) => (await bench.store.show(id))?.state

  before(async () => {
    stack = new AsyncDisposableStack()
    bench = stack.use(await createBench(MEMORY))
    const recent = ['info', 'warn', 'error'].map((level) => {
      return {
        at: NOW - 5000,
        level: level as 'info',
        event: 'held',
        text: `Delivery held (csirt-a · csirt-b): ${EVIL}`,
      }
    })
    const changes = { readToken: () => TOKEN, recent: () => recent, flow: { read: async () => flow } }
    ops = stack.use(await opsBench(changes, bench.store))
    ops.board.set('grid', {
      state: 'degraded',
      reason: 'The Controller takes 3000 bytes a second: lift its `c2s_shaper`.',
    })
    ops.board.set('peer:csirt-b', { state: 'failed', reason: EVIL })
    for (const part of ['store', 'disk', 'rid', 'queue', 'drain', 'topic:incident', 'certificate:rid-certificate']) {
      ops.board.set(part, { state: 'ok', reason: null })
    }
    const to = { kind: 'peer', destination: 'csirt-b', state: 'held' } as const
    const rows = ['a', 'b', 'c', 'd'].map((name) =>
      delivery(name, { ...to, reason: 'The peer answered 403: not known here. Mend `peers[1].url`.' }),
    )
    const odd = delivery('odd', { ...to, incident: `csirt.example ${EVIL}`, reason: EVIL })
    const waits = delivery('waits', { kind: 'topic', destination: 'incident' })
    const events = createEvents({ log: createLog('silent'), clock: ops.clock })
    const accepted = await bench.store.accept(
      envelope(ops.clock, 'one', [...rows, odd, waits], { source: 'csirt-a' }),
      (ids) =>
        events.held(
          { ...odd, id: ids[4] ?? '', direction: 'rid-to-grid', source: EVIL, attempts: 3, createdAt: NOW },
          EVIL,
        ).trace,
    )
    assert.ok(accepted.outcome === 'accepted')
    heldId = accepted.deliveries[4] ?? ''
    phone = stack.use(await startChromium({ width: 390, dark: true }))
    desk = stack.use(await startChromium({ width: 1280 }))
    if (SCREENSHOTS) await mkdir(SCREENSHOTS, { recursive: true })
  })
  after(() => stack.disposeAsync())

  const says = (browser: Chromium, words: RegExp) =>
    eventually(`the page to say ${words}`, async () =>
      words.test(await browser.read<string>('document.body.innerText')),
    )

  async function signIn(browser: Chromium, token = TOKEN) {
    await browser.go(url('/sign-in'))
    await browser.type('//input[@id="token"]', token)
    await browser.click('//main//button')
    await says(browser, token === TOKEN ? /Sign out/ : /That is not the token/)
  }

  test('without the token nothing changes, and neither ids nor reasons are shown', async () => {
    await desk.go(url('/'))
    const shown = await desk.read<string>('document.body.innerText')
    assert.match(shown, /Needs you/)
    assert.doesNotMatch(shown, new RegExp(heldId))
    assert.equal(await desk.read('document.forms.length'), 0)
    await signIn(desk, 'another token')
    await desk.go(url(`/delivery?id=${heldId}`))
    assert.match(await desk.read<string>('document.title'), /^Sign in/)
    assert.equal(await stateOf(heldId), 'held')
  })

  test('no page scrolls sideways, on a phone or a screen, and what strangers wrote is text', async () => {
    const group = async () => await desk.read<string>('document.querySelector("input[name=group]")?.value ?? ""')
    const paths = [
      '/',
      '/?still',
      '/held',
      `/delivery?id=${heldId}`,
      '/destination?kind=peer&name=csirt-b',
      '/trace',
      `/trace?incident=${encodeURIComponent(`csirt.example ${EVIL}`)}`,
    ]
    for (const [name, browser] of [
      ['phone', phone],
      ['desk', desk],
    ] as const) {
      await browser.go(url('/sign-in'))
      await signIn(browser)
      await browser.go(url('/held'))
      for (const [i, path] of [...paths, `/held?group=${name === 'desk' ? await group() : ''}`].entries()) {
        await browser.go(url(path))
        const [content, width] = await browser.read<[number, number]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        )
        if (SCREENSHOTS) await browser.shoot(join(SCREENSHOTS, `${name}-${i}.png`))
        assert.equal(content, width, `${name} ${path}`)
        assert.equal(width, name === 'phone' ? 390 : 1280)
        assert.doesNotMatch(await browser.read<string>('document.title'), /^owned/)
        assert.equal(await browser.read('document.querySelectorAll("script, img").length'), 0, path)
      }
    }
    await phone.go(url(`/delivery?id=${heldId}`))
    assert.ok((await phone.read<string>('document.body.innerText')).includes(`<script>document.title='owned'</script>`))
  })

  test('a held delivery that is retried in the browser is due, and the trace says who did it', async () => {
    await signIn(desk)
    await desk.go(url(`/delivery?id=${heldId}`))
    await desk.click('//button[text()="Retry now"]')
    await eventually('it to be pending', async () => (await stateOf(heldId)) === 'pending')
    await says(desk, /It is due now\./)
    const trace = await bench.store.trace(`csirt.example ${EVIL}`)
    assert.equal(trace.find(({ event }) => event === 'requeued')?.fields.by, 'page 127.0.0.1')
    assert.deepEqual(ops.woken, ['peer csirt-b'])
  })

  test('everything can be reached and done with the keyboard alone', async () => {
    await signIn(desk)
    await desk.go(url('/destination?kind=topic&name=incident'))
    const focused = () => desk.read<string>('document.activeElement.textContent.trim()')
    const seen: string[] = []
    for (let i = 0; i < 15 && !seen.includes('Pause …'); i += 1) {
      await desk.press('\uE004')
      seen.push(await focused())
    }
    assert.ok(seen.includes('To the content') && seen.includes('Trace') && seen.includes('Sign out'), seen.join())
    assert.notEqual(await desk.read('getComputedStyle(document.activeElement).outlineStyle'), 'none')
    await desk.press('\uE007')
    // a browser that has much to do opens it later: the next stop would be the first of the page
    await eventually('it to be open', () => desk.read<boolean>('document.activeElement.closest("details").open'))
    await desk.press('\uE004')
    assert.match(await focused(), /^Yes, send nothing/)
    await desk.press('\uE007')
    await eventually('it to be paused', async () => (await bench.store.backlog()).some(({ paused }) => paused !== null))
  })

  test('a page with a form is not read anew, the overview is', async () => {
    await signIn(desk)
    for (const [path, refreshes] of [
      ['/', 1],
      ['/?still', 0],
      ['/held', 0],
      ['/trace', 0],
    ] as const) {
      await desk.go(url(path))
      assert.equal(await desk.read('document.querySelectorAll("meta[http-equiv=refresh]").length'), refreshes, path)
    }
  })
})
