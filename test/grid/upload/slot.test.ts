import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Element, xml } from '@xmpp/client'
import { examineUpload } from '../../../src/grid/upload/examine-upload.ts'
import { findUploadService, uploadSlot } from '../../../src/grid/upload/slot.ts'
import type { IqAnswer } from '../../../src/grid/xmpp/iq.ts'
import type { Session } from '../../../src/grid/xmpp/session.ts'
import { topic } from '../../support/sample-config.ts'

const UPLOAD = 'urn:xmpp:http:upload:0'
const INFO = 'http://jabber.org/protocol/disco#info'
const ITEMS = 'http://jabber.org/protocol/disco#items'
const { signal } = new AbortController()
const FILE = { name: 'x.xml', size: 500 }

const result = (content: Element): IqAnswer => ({ kind: 'result', stanza: xml('iq', {}, content) })
const failed = (condition: string, type: string): IqAnswer => ({
  kind: 'error',
  error: { type, condition, application: undefined, text: undefined },
})

const info = (...content: Element[]) => result(xml('query', { xmlns: INFO }, ...content))
const service = (size?: string) =>
  info(
    xml('feature', { var: UPLOAD }),
    xml('x', { xmlns: 'jabber:x:data', type: 'result' }, [
      xml('field', { var: 'FORM_TYPE', type: 'hidden' }, xml('value', {}, UPLOAD)),
      ...(size === undefined ? [] : [xml('field', { var: 'max-file-size' }, xml('value', {}, size))]),
    ]),
  )
const slot = (host = 'upload.example') =>
  result(
    xml('slot', { xmlns: UPLOAD }, [
      xml('put', { url: `https://${host}/p` }, xml('header', { name: 'Authorization' }, 'Basic a')),
      xml('get', { url: `https://${host}/g` }),
    ]),
  )

/** A Controller that names pubsub and upload; `about` answers otherwise. */
function session(about: (to: string, payload: string) => IqAnswer | undefined = () => undefined) {
  const asked: string[] = []
  const fake = {
    address: { bare: 'a@grid.example', full: 'a@grid.example/1', domain: 'grid.example' },
    async request({ to = '', payload }: { to?: string; payload: string }): Promise<IqAnswer> {
      asked.push(payload)
      const special = about(to, payload)
      if (special !== undefined) return special
      if (payload.includes(ITEMS)) {
        const items = ['pubsub', 'upload'].map((name) => xml('item', { jid: `${name}.grid.example` }))
        return result(xml('query', { xmlns: ITEMS }, items))
      }
      if (payload.includes(INFO)) return to === 'upload.grid.example' ? service('2000') : info()
      return slot()
    },
  }
  return { asked, is: fake as unknown as Session }
}

describe('the upload service', () => {
  test('is the one that the Controller names, with the largest file it takes', async () => {
    assert.deepEqual(await findUploadService(session().is, undefined), {
      jid: 'upload.grid.example',
      maxFileSize: 2_000,
    })
  })

  test('is the one that is configured, if it is one', async () => {
    const { is } = session((to) => (to === 'files.example' ? service() : undefined))
    assert.deepEqual(await findUploadService(is, 'files.example'), { jid: 'files.example', maxFileSize: undefined })
    assert.equal(
      await findUploadService(is, 'pubsub.grid.example'),
      'pubsub.grid.example is no upload service (XEP-0363).',
    )
  })

  test('is not there, or nobody says so', async () => {
    const none = session((_, payload) => (payload.includes(INFO) ? info() : undefined))
    assert.equal(await findUploadService(none.is, undefined), 'The Controller names no upload service (XEP-0363).')
    assert.equal(await findUploadService(session(() => ({ kind: 'timeout' })).is, undefined), undefined)
  })
})

describe('a slot', () => {
  test('for one file more is asked for at once, and the service looked for again once it gives none', async () => {
    let isThere = true
    const gone = failed('service-unavailable', 'cancel')
    const { is, asked } = session((_, payload) => (isThere || !payload.includes('<request') ? undefined : gone))
    const asks = async () => {
      const before = asked.length
      await uploadSlot(is, undefined, FILE, signal)
      return asked.length - before
    }
    const [first, second] = [await asks(), await asks()]
    isThere = false
    assert.deepEqual([first > 1, second, await asks(), (await asks()) > 1], [true, 1, 1, true])
  })

  test('is asked for by name, size and type, and comes with its header fields', async () => {
    const { is, asked } = session()
    assert.deepEqual(await uploadSlot(is, undefined, FILE, signal), {
      kind: 'slot',
      put: 'https://upload.example/p',
      get: 'https://upload.example/g',
      fields: [{ name: 'Authorization', value: 'Basic a' }],
    })
    const request = asked.at(-1) ?? ''
    for (const said of ['filename="x.xml"', 'size="500"', 'content-type="application/octet-stream"', UPLOAD]) {
      assert.ok(request.includes(said), said)
    }
  })

  test('is refused for good only where another try would change nothing', async () => {
    const kinds: string[] = []
    const errors = [
      ['not-acceptable', 'modify'],
      ['forbidden', 'auth'],
      ['resource-constraint', 'wait'],
      ['service-unavailable', 'cancel'],
      ['remote-server-not-found', 'cancel'],
    ] as const
    for (const [condition, type] of errors) {
      const { is } = session((_, payload) => (payload.includes(UPLOAD) ? failed(condition, type) : undefined))
      kinds.push((await uploadSlot(is, undefined, FILE, signal)).kind)
    }
    assert.deepEqual(kinds, ['hold', 'hold', 'retry', 'retry', 'retry'])
    const silent = session((_, payload) => (payload.includes(UPLOAD) ? { kind: 'timeout' } : undefined))
    assert.equal((await uploadSlot(silent.is, undefined, FILE, signal)).kind, 'retry')
  })

  test('that is none, or comes without a Controller, is waited for without stopping the Topic for others', async () => {
    const empty = session((_, payload) =>
      payload.includes(UPLOAD) ? result(xml('slot', { xmlns: UPLOAD })) : undefined,
    )
    assert.equal((await uploadSlot(empty.is, undefined, FILE, signal)).kind, 'hold')
    const away = await uploadSlot(undefined, undefined, FILE, signal)
    assert.ok(away.kind === 'retry' && away.destinationDown)
    const none = await uploadSlot(
      session((_, p) => (p.includes(INFO) ? info() : undefined)).is,
      undefined,
      FILE,
      signal,
    )
    assert.ok(none.kind === 'retry' && !none.destinationDown && none.othersPass)
  })
})

describe('check --online', () => {
  const config = (hosts: readonly string[], large: 'upload' | 'refuse' = 'upload') => ({
    ...topic('incident', { large }),
    upload: { hosts },
  })
  const found = async (is: Session, hosts: readonly string[] = ['upload.example'], largest = 1_000) =>
    (await examineUpload(is, config(hosts), largest, signal)).map(
      ({ kind, path, message }) => `${kind} ${path}: ${message}`,
    )

  test('has nothing to say where files can be put, and asks nobody where none is', async () => {
    assert.deepEqual(await found(session().is), [])
    const { is, asked } = session()
    assert.deepEqual(await examineUpload(is, config([], 'refuse'), 1_000, signal), [])
    assert.deepEqual(asked, [])
  })

  test('tells of a service whose places no file is put to, as they are not at https://', async () => {
    const plain = result(
      xml('slot', { xmlns: UPLOAD }, [
        xml('put', { url: 'http://upload.example/p' }),
        xml('get', { url: 'https://upload.example/g' }),
      ]),
    )
    const { is } = session((_, payload) => (payload.includes('<request') ? plain : undefined))
    assert.deepEqual(await found(is), [
      'problem grid.upload.service: upload.grid.example offers places that are not at https://',
    ])
  })

  test('tells of a host that is not listed, a service that is none, and one that takes less than a report may be', async () => {
    assert.deepEqual(await found(session().is, ['other.example']), [
      'problem grid.upload.hosts: does not list upload.example, where upload.grid.example puts files',
    ])
    const none = session((_, payload) => (payload.includes(INFO) ? info() : undefined))
    assert.deepEqual(await found(none.is), [
      'problem grid.upload.service: The Controller names no upload service (XEP-0363).',
    ])
    assert.deepEqual(await found(session().is, undefined, 3_000), [
      'warning grid.upload.service: upload.grid.example takes files of 2000 bytes, less than rid.maxMessage: larger reports are accepted, and held',
    ])
  })
})
