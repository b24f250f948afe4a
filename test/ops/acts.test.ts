import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { delivery, envelope } from '../store/support.ts'
import { opsBench, TOKEN } from './sources.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describe('what operators do on the page', () => {
  let bench: Awaited<ReturnType<typeof opsBench>>
  let cookie = ''
  const told: string[] = []

  before(async () => {
    bench = await opsBench({ readToken: () => TOKEN, tell: (...[event]) => void told.push(event) })
    cookie = await signIn()
  })
  after(() => bench[Symbol.asyncDispose]())

  const at = (path: string) => `http://127.0.0.1:${bench.ops.port}${path}`
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(at(path), {
      method: 'POST',
      redirect: 'manual',
      headers: { ...FORM, ...headers },
      body: new URLSearchParams(fields),
    })
  const page = async (path: string) => (await fetch(at(path), { headers: { cookie } })).text()

  async function signIn(): Promise<string> {
    const response = await post('/sign-in', { token: TOKEN, next: '/held' })
    assert.equal(response.status, 303)
    assert.equal(response.headers.get('location'), '/held')
    return response.headers.get('set-cookie')?.split(';')[0] ?? ''
  }

  let stored = 0
  /** The ids of new held deliveries. */
  async function held(count: number, reason = 'status 403'): Promise<readonly string[]> {
    stored += 1
    const more = { kind: 'peer', destination: 'csirt-b', state: 'held', reason } as const
    const rows = Array.from({ length: count }, (_, i) => delivery(`${stored}-${i}`, more))
    const accepted = await bench.store.accept(envelope(bench.clock, `${stored}`, rows))
    assert.ok(accepted.outcome === 'accepted')
    return accepted.deliveries
  }
  const states = async (ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => (await bench.store.show(id))?.state))

  /** The fields of the form on a page that does this. */
  async function form(path: string, act: string): Promise<Record<string, string>> {
    const forms = [...(await page(path)).matchAll(/<form method="post" action="\/act">(.*?)<\/form>/gs)].map(
      ([, one = '']) => {
        const fields = [...one.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(
          ([, name, value]) => [name, value] as const,
        )
        return Object.fromEntries(fields) as Record<string, string>
      },
    )
    const found = forms.find((one) => one.act === act)
    assert.ok(found, `there is no form for ${act} on ${path}`)
    return found
  }

  test('retries a delivery, wakes who sends it, and traces by whom', async () => {
    const [id = ''] = await held(1)
    const fields = await form(`/delivery?id=${id}`, 'retry')
    const done = await post('/act', fields, { cookie })
    assert.equal(done.status, 303)
    assert.equal(done.headers.get('location'), `/delivery?id=${id}`)
    assert.deepEqual(await states([id]), ['pending'])
    assert.deepEqual(bench.woken.splice(0), ['peer csirt-b'])
    const { incident = '' } = (await bench.store.show(id)) ?? {}
    const [trace] = await bench.store.trace(incident)
    assert.deepEqual([trace?.event, trace?.fields.by, trace?.fields.was], ['requeued', 'page 127.0.0.1', 'held'])
    assert.match(
      await page(`/delivery?id=${id}`),
      /It is due now\.|<strong class="">requeued<\/strong>.*by page 127\.0\.0\.1/,
    )
  })

  test('discards a delivery', async () => {
    const [id = ''] = await held(1)
    await post('/act', await form(`/delivery?id=${id}`, 'discard'), { cookie })
    assert.deepEqual(await states([id]), ['discarded'])
  })

  test('retries and discards a whole group, and nothing that is held since', async () => {
    const first = await held(3, 'status 404')
    const other = await held(1, 'It was denied.')
    const retry = await form('/held', 'retry-group')
    bench.time.now += 1000
    const later = await held(1, 'status 405')
    await post('/act', retry, { cookie })
    assert.deepEqual(await states([...first, ...later, ...other]), ['pending', 'pending', 'pending', 'held', 'held'])
    assert.match(await page('/held'), /3 of 3 are due now\./)
    const [group = ''] = /group=[0-9a-f]+|(?<=name="group" value=")[0-9a-f]+/.exec(await page('/held')) ?? []
    await post('/act', await form(`/held?group=${group}`, 'discard-group'), { cookie })
    assert.equal((await states([...later, ...other])).filter((state) => state === 'discarded').length, 1)
    for (const id of [...later, ...other]) await bench.store.discard(id, bench.time.now)
  })

  test('pauses and resumes a destination, of which the trace says by whom', async () => {
    const path = '/destination?kind=topic&name=incident'
    await post('/act', await form(path, 'pause'), { cookie })
    assert.equal(
      (await bench.store.backlog()).find(({ destination }) => destination === 'incident')?.paused?.by,
      'page 127.0.0.1',
    )
    assert.match(await page(path), /Paused<\/span> by page 127\.0\.0\.1/)
    await post('/act', await form(path, 'resume'), { cookie })
    assert.equal((await bench.store.backlog()).find(({ destination }) => destination === 'incident')?.paused, null)
    const trace = await bench.store.trace('destination incident')
    assert.deepEqual(
      trace.map(({ event, fields }) => `${event} ${fields.by}`),
      ['paused page 127.0.0.1', 'resumed page 127.0.0.1'],
    )
  })

  test('changes nothing without a session, without its seal, with the seal of another act, or from another site', async () => {
    const [id = '', other = ''] = await held(2, 'status 500')
    const fields = await form(`/delivery?id=${id}`, 'retry')
    const { seal = '', ...bare } = fields
    const stranger = await signIn()
    for (const [why, sent, headers] of [
      ['no session', fields, {}],
      ['a made-up session', fields, { cookie: 'iodef-gateway=x' }],
      ['no seal', bare, { cookie }],
      ['another seal', { ...bare, seal: `${seal.slice(1)}A` }, { cookie }],
      ['the seal of another delivery', { ...fields, id: other }, { cookie }],
      ['the seal of another act', { ...fields, act: 'discard' }, { cookie }],
      ['the seal of another session', fields, { cookie: stranger }],
      ['another site', fields, { cookie, 'sec-fetch-site': 'cross-site' }],
      ['another port of this machine', fields, { cookie, 'sec-fetch-site': 'same-site' }],
      ['no act', { seal, act: 'drop' }, { cookie }],
    ] as const) {
      const response = await post('/act', sent, headers)
      assert.equal(response.status, 403, why)
      assert.deepEqual(await states([id, other]), ['held', 'held'], why)
    }
    const asText = await fetch(at('/act'), {
      method: 'POST',
      headers: { 'content-type': 'text/plain', cookie },
      body: 'act=retry',
    })
    assert.equal(asText.status, 415)
    assert.equal((await fetch(at(`/act?${new URLSearchParams(fields)}`), { headers: { cookie } })).status, 404)
    assert.equal((await post('/act', fields, { cookie, 'sec-fetch-site': 'same-origin' })).status, 303)
    assert.deepEqual(await states([id, other]), ['pending', 'held'])
    for (const one of [id, other]) await bench.store.discard(one, bench.time.now)
  })

  test('says why not, where it cannot be done', async () => {
    const [id = ''] = await held(1)
    const [retry, discard] = [await form(`/delivery?id=${id}`, 'retry'), await form(`/delivery?id=${id}`, 'discard')]
    await bench.store.retry(id, bench.time.now)
    await bench.store.claim({ kind: 'peer', destination: 'csirt-b', limit: 100, now: bench.time.now, leaseMs: 60_000 })
    for (const fields of [retry, discard]) {
      await post('/act', fields, { cookie })
      assert.match(await page(`/delivery?id=${id}`), /It is being sent at this moment/)
    }
    await bench.store.settle([{ id, to: 'delivered' }])
    await post('/act', retry, { cookie })
    assert.match(await page(`/delivery?id=${id}`), /It is delivered already/)
  })

  test('lets somebody in by the token alone, says so in the log, and leads nobody elsewhere', async () => {
    told.length = 0
    assert.equal((await post('/sign-in', { token: 'x' })).status, 403)
    for (const [next, to] of [
      ['/delivery?id=1', '/delivery?id=1'],
      ['//evil.example/', '/'],
      ['/\\evil.example', '/'],
      ['https://evil.example/', '/'],
      ['/..//evil.example', '/evil.example'],
    ] as const) {
      assert.equal((await post('/sign-in', { token: TOKEN, next })).headers.get('location'), to, next)
    }
    const behindProxy = await post('/sign-in', { token: TOKEN }, { 'x-forwarded-proto': 'https' })
    assert.match(behindProxy.headers.get('set-cookie') ?? '', /; Secure$/)
    assert.equal((await post('/sign-in', { token: TOKEN }, { 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal(told[0], 'page-sign-in-refused')
    assert.equal(told.filter((event) => event === 'page-signed-in').length, 6)
    for (let i = 0; i < 4; i += 1) await post('/sign-in', { token: 'x' })
    const tooMany = await post('/sign-in', { token: TOKEN })
    assert.equal(tooMany.status, 429)
    assert.equal(tooMany.headers.get('retry-after'), '60')
  })

  test('signs out', async () => {
    const [, seal = ''] =
      /action="\/sign-out"><input type="hidden" name="seal" value="([^"]+)"/.exec(await page('/held')) ?? []
    await post('/sign-out', { seal: 'x' }, { cookie })
    assert.match(await page('/held'), /Sign out/)
    await post('/sign-out', { seal }, { cookie })
    assert.match(await page('/held'), /<h2 id="sign-in">/)
  })
})

test('a token that cannot be read lets nobody in, and says so', async () => {
  const told: string[] = []
  const readToken = () => {
    throw new Error('gone')
  }
  await using bench = await opsBench({ readToken, tell: (...[event]) => void told.push(event) })
  const body = new URLSearchParams({ token: '' })
  const response = await fetch(`http://127.0.0.1:${bench.ops.port}/sign-in`, { method: 'POST', headers: FORM, body })
  assert.equal(response.status, 503)
  assert.match(await response.text(), /The token of <code>ops\.token<\/code> cannot be read: see the log\./)
  assert.deepEqual(told, ['ops-failed'])
})

test('without a token in the configuration nobody can sign in or change anything, and everything can be read', async () => {
  await using bench = await opsBench()
  const rows = [delivery('a', { state: 'held', reason: 'It was denied.' })]
  const accepted = await bench.store.accept(envelope(bench.clock, 'one', rows))
  assert.ok(accepted.outcome === 'accepted')
  const [id = ''] = accepted.deliveries
  const at = (path: string) => `http://127.0.0.1:${bench.ops.port}${path}`
  for (const path of ['/act', '/sign-in', '/sign-out']) {
    const body = new URLSearchParams({ act: 'retry', id, token: '', seal: '' })
    const response = await fetch(at(path), { method: 'POST', headers: FORM, body })
    assert.ok([404, 415].includes(response.status), path)
  }
  assert.equal((await bench.store.show(id))?.state, 'held')
  for (const path of [
    '/',
    '/held',
    `/delivery?id=${id}`,
    '/destination?kind=topic&name=incident',
    '/trace?incident=a',
  ]) {
    const shown = await (await fetch(at(path))).text()
    assert.doesNotMatch(shown, /method="post"|sign-in/, path)
  }
  assert.match(await (await fetch(at('/held'))).text(), /It was denied\./)
})
