import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFiles } from '../../src/upload/files.ts'
import type { Https, HttpsAnswer } from '../../src/upload/https.ts'

const { signal } = new AbortController()
const CONFIG = { hosts: ['upload.example'] }
const PLAIN = Buffer.from('<report/>')
const SLOT = {
  kind: 'slot',
  put: 'https://upload.example/put',
  get: 'https://upload.example/get',
  fields: [
    { name: 'Authorization', value: 'a\nb' },
    { name: 'Host', value: 'x' },
  ],
} as const

type Asked = Parameters<Https>[0]

function files(...answers: HttpsAnswer[]) {
  const asked: Asked[] = []
  const https: Https = async (request) => {
    asked.push(request)
    return answers.shift() ?? { kind: 'away', reason: 'nobody' }
  }
  return { ...createFiles(CONFIG, { largest: 1_000, ca: undefined, https }), asked }
}

const answer = (status: number, body: Uint8Array = Buffer.alloc(0)): HttpsAnswer => ({
  ...{ kind: 'answer', status, body, retryAfter: undefined },
})

test('a file is put encrypted, as bytes, with the header fields of its slot, and can be fetched again', async () => {
  const to = files(answer(201))
  const sizes: number[] = []
  const slot = async (bytes: number) => {
    sizes.push(bytes)
    return SLOT
  }
  const put = await to.put(PLAIN, slot, signal)
  assert.ok(!('kind' in put))
  assert.equal(put.url, SLOT.get)
  const [{ url, method, fields, body = Buffer.alloc(0) }] = to.asked as [Asked]
  assert.equal(`${method} ${url.href}`, `PUT ${SLOT.put}`)
  assert.deepEqual(fields, { authorization: 'ab', 'content-type': 'application/octet-stream' })
  assert.deepEqual(sizes, [body.length])
  const fetched = await files(answer(200, body)).fetch(put, signal)
  assert.deepEqual(fetched, { kind: 'bytes', bytes: PLAIN })
})

test('only 201 is proof that a file is there', async () => {
  const kinds: string[] = []
  for (const status of [200, 204, 301, 403, 404, 413, 500, 503]) {
    const put = await files(answer(status)).put(PLAIN, async () => SLOT, signal)
    assert.ok('kind' in put)
    kinds.push(`${status} ${put.outcome.kind}`)
  }
  assert.deepEqual(kinds, [
    ...['200 retry', '204 retry', '301 hold', '403 retry', '404 retry', '413 hold', '500 retry', '503 retry'],
  ])
})

test('a slot at a host that is not listed, or without TLS, is not used', async () => {
  for (const slot of [
    { ...SLOT, put: 'https://evil.example/' },
    { ...SLOT, get: 'https://evil.example/' },
    { ...SLOT, put: 'http://upload.example/' },
  ]) {
    const to = files(answer(201))
    const put = await to.put(PLAIN, async () => slot, signal)
    assert.equal('kind' in put && put.outcome.kind, 'hold')
    assert.equal(to.asked.length, 0)
  }
})

test('what is no file as it was said is held, what is not there is tried again', async () => {
  const to = files(answer(201))
  const put = await to.put(PLAIN, async () => SLOT, signal)
  assert.ok(!('kind' in put))
  const bytes = to.asked[0]?.body ?? Buffer.alloc(0)
  const fetched = async (found: HttpsAnswer, file = put) => {
    const { outcome } = (await files(found).fetch(file, signal)) as { outcome: { kind: string; reason: string } }
    return `${outcome.kind}: ${outcome.reason}`
  }
  assert.match(
    await fetched(answer(200, bytes.subarray(1))),
    /^hold: invalid item: its file .*: it has 24 bytes, not 25$/,
  )
  assert.match(
    await fetched({ kind: 'too-large', status: 200 }),
    /^hold: invalid item: its file has more than the 25 bytes/,
  )
  assert.match(await fetched(answer(200, Buffer.alloc(25))), /^hold: invalid item: .* its hash is another, before/)
  assert.match(await fetched(answer(302)), /^hold: The file: upload\.example answers 302, and no redirect is followed/)
  assert.match(await fetched(answer(404)), /^retry: The file: upload\.example answers 404/)
  assert.match(await fetched(answer(410)), /^retry: /)
  assert.match(
    await fetched({ kind: 'away', reason: 'nobody' }),
    /^retry: The file cannot be reached at upload\.example: nobody/,
  )
  assert.match(await fetched({ kind: 'private', address: '10.0.0.1' }), /^hold: .* 10\.0\.0\.1, a private address/)
  assert.match(
    await fetched(answer(200), { ...put, size: 1_001 }),
    /^hold: The file has 1001 bytes, and rid\.maxMessage/,
  )
  assert.match(await fetched(answer(200), { ...put, url: 'http://upload.example/' }), /^hold: The URL .* not https/)
})

test('a dead host is known as dead, and a host that answers as alive', async () => {
  const put = await files(answer(503)).put(PLAIN, async () => SLOT, signal)
  assert.ok('kind' in put && put.outcome.kind === 'retry' && !put.outcome.destinationDown)
  const away = await files({ kind: 'away', reason: 'x' }).put(PLAIN, async () => SLOT, signal)
  assert.ok('kind' in away && away.outcome.kind === 'retry')
  // it is a Topic that waits for it: one without files must go on
  assert.deepEqual([away.outcome.destinationDown, away.outcome.othersPass], [false, true])
  const file = { url: SLOT.get, size: 9, hash: '', key: '', iv: '', encryptedHash: '' }
  const fetched = await files({ kind: 'away', reason: 'x' }).fetch(file, signal)
  assert.ok(fetched.kind === 'failed' && fetched.outcome.kind === 'retry' && fetched.outcome.destinationDown)
})

test('a file is among the deliveries of its host, where that is listed', () => {
  const { placeOf } = files()
  assert.deepEqual(placeOf('https://upload.example/x'), { host: 'upload.example' })
  for (const url of ['https://evil.example/x', 'http://upload.example/x']) assert.ok('refused' in placeOf(url))
})
