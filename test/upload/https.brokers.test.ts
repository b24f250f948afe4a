import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createHosts } from '../../src/upload/hosts.ts'
import { createHttps } from '../../src/upload/https.ts'
import { type FileServer, startFileServer } from '../support/file-server.ts'
import { createPki, type Pki } from '../support/pki.ts'

const { signal } = new AbortController()

describe('one request to a host of files', () => {
  let pki: Pki
  let files: FileServer
  let ca: string

  before(async () => {
    pki = await createPki()
    const authority = await pki.ca('files')
    ca = authority.cert
    files = await startFileServer(await authority.issue({ cn: 'files', dns: ['localhost'], server: true }))
    files.files.set('/file', Buffer.from('what is there'))
  })
  after(async () => {
    await files[Symbol.asyncDispose]()
    await pki.dispose()
  })

  const ask = (
    more: {
      hosts?: string[]
      ca?: string
      resolve?: () => Promise<string[]>
      limit?: number
      whole?: number
      path?: string
    } = {},
  ) => {
    const { hosts = ['127.0.0.1'], limit = 100, whole = 20_000, path = '/file', resolve } = more
    const https = createHttps({ hosts: createHosts(hosts), ca: more.ca ?? ca, ...(resolve && { resolve }) })
    return https({ url: new URL(`https://${files.host}${path}`), method: 'GET', limit, whole }, signal)
  }

  test('brings what is there', async () => {
    const answer = await ask()
    assert.ok(answer.kind === 'answer' && answer.status === 200)
    assert.equal(Buffer.from(answer.body).toString(), 'what is there')
  })

  test('goes to another address of the host where one does not answer, and to none that is private', async () => {
    assert.equal(
      (await ask({ resolve: async () => ['::1', '10.0.0.1', '127.0.0.1'], hosts: ['::1', '127.0.0.1'] })).kind,
      'answer',
    )
    const before = files.asked.length
    assert.equal((await ask({ hosts: [] })).kind, 'private')
    assert.deepEqual(await ask({ resolve: async () => ['10.0.0.1'] }), { kind: 'private', address: '10.0.0.1' })
    assert.equal(files.asked.length, before)
  })

  test('follows no redirect, and reads no more than it may', async () => {
    files.instead.set('/moved', (response) => void response.writeHead(307, { location: '/file' }).end())
    const moved = await ask({ path: '/moved' })
    assert.ok(moved.kind === 'answer' && moved.status === 307)
    assert.deepEqual(await ask({ limit: 5 }), { kind: 'too-large', status: 200 })
  })

  test('ends by itself where nobody answers', async () => {
    files.instead.set('/hangs', () => {})
    assert.deepEqual(await ask({ path: '/hangs', whole: 300 }), { kind: 'away', reason: 'no end within 0.3 s' })
  })

  test('says nothing to a host whose certificate is of another CA, or names another host', async () => {
    const before = files.asked.length
    const other = (await pki.ca('other')).cert
    const refused = await ask({ ca: other })
    assert.ok(refused.kind === 'away')
    assert.match(refused.reason, /grid\.upload\.ca/)
    const https = createHttps({ hosts: createHosts(['127.0.0.1']), ca })
    const url = new URL(`https://${files.host.replace('localhost', '127.0.0.1')}/file`)
    assert.equal((await https({ url, method: 'GET', limit: 100, whole: 20_000 }, signal)).kind, 'away')
    assert.equal(files.asked.length, before)
  })
})
