import assert from 'node:assert/strict'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { GridTls } from '../../../src/config/types.ts'
import type { GatewayError } from '../../../src/errors.ts'
import { openSession } from '../../../src/grid/xmpp/session.ts'
import { gridExpiry } from '../../../src/grid/xmpp/trust.ts'
import { FAKE_DOMAIN, type FakeScript, startFakeController } from '../../support/fake-controller.ts'
import { fakeGridConfig } from '../../support/fake-grid.ts'
import { type Authority, type Certificate, createPki, type Pki } from '../../support/pki.ts'
import { until } from '../../support/recorder.ts'

const REQUEST = { cn: FAKE_DOMAIN, dns: [FAKE_DOMAIN], server: true }

describe("the revocation of the Controller's certificate", () => {
  let pki: Pki
  let ca: Authority
  let good: Certificate
  let revoked: Certificate
  let crl: string

  before(async () => {
    pki = await createPki()
    ca = await pki.ca('grid')
    good = await ca.issue(REQUEST)
    revoked = await ca.issue(REQUEST)
    crl = await ca.crl([revoked])
  })
  after(() => pki.dispose())

  async function begin(certificate: Certificate, tls: Partial<GridTls>, script: Partial<FakeScript> = {}) {
    const fake = await startFakeController({ certificate, ...script })
    const config = fakeGridConfig(fake, ca.cert, { tls: { ca: ca.cert, minVersion: 'TLSv1.2', ...tls } })
    const options = { config, onMessage: () => {}, onDropped: () => {}, timing: { trust: 50 } }
    return { fake, opened: openSession(options, AbortSignal.timeout(30_000)) }
  }

  /** Why there was no login, and that nothing of the password left. */
  async function refusal(certificate: Certificate, tls: Partial<GridTls>, script: Partial<FakeScript> = {}) {
    const { fake, opened } = await begin(certificate, tls, script)
    await using _ = fake
    const error = (await opened.then(
      (session) => session.close().then(() => undefined),
      (reason) => reason,
    )) as GatewayError | undefined
    if (error === undefined) return undefined
    assert.equal(error.code, 'grid-tls')
    assert.doesNotMatch(fake.clear + fake.secure, /<auth/)
    return `${error.fields.raw ?? ''}: ${error.message}`
  }

  const together = async (name: string, ...files: string[]) => {
    const file = join(pki.dir, name)
    await writeFile(file, (await Promise.all(files.map((one) => readFile(one, 'utf8')))).join(''))
    return file
  }

  test('a certificate that was revoked is no login, and the reason says so; another of the same CA is', async () => {
    for (const direct of [false, true]) {
      assert.match((await refusal(revoked, { crl }, { direct })) ?? '', /CERT_REVOKED: .* Its certificate is revoked/)
      assert.equal(await refusal(good, { crl }, { direct }), undefined)
    }
    assert.equal(await refusal(revoked, {}), undefined)
  })

  test('a list that has run out, is of another CA, or is none at all lets nobody pass, and says why', async () => {
    const old = await ca.crl([], { expired: true })
    assert.match((await refusal(good, { crl: old })) ?? '', /CRL_HAS_EXPIRED: .*revocation list is past its date/)
    const other = await (await pki.ca('other')).crl([])
    assert.match(
      (await refusal(good, { crl: other })) ?? '',
      /UNABLE_TO_GET_CRL: .*no revocation list of its CA in grid\.tls\.crl/,
    )
    assert.match((await refusal(good, { crl: ca.cert })) ?? '', /There is no revocation list in PEM/)
    assert.match((await refusal(good, { crl: join(pki.dir, 'gone') })) ?? '', /cannot be read/)
  })

  test('of several lists in one file each counts', async () => {
    const below = await ca.intermediate('below')
    const [one, two] = [await below.issue(REQUEST), await below.issue(REQUEST)]
    const lists = await together('both.crl', crl, await below.crl([two]))
    assert.equal(await refusal(one, { crl: lists }), undefined)
    assert.match((await refusal(two, { crl: lists })) ?? '', /CERT_REVOKED/)
    assert.match((await refusal(one, { crl })) ?? '', /UNABLE_TO_GET_CRL/)
  })

  test('a session ends when a renewed list has its certificate, and says reset', async () => {
    const file = await together('renewed.crl', crl)
    const { fake, opened } = await begin(good, { crl: file })
    await using _ = fake
    const session = await opened
    // one that cannot be read, or has run out, changes nothing
    await writeFile(file, 'garbage')
    await session.ping()
    await copyFile(await ca.crl([], { expired: true }), file)
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.equal((await session.ping()).kind, 'result')
    await copyFile(await ca.crl([good]), file)
    const reason = await session.closed
    assert.equal(reason.code, 'grid-tls')
    assert.match(reason.message, /was revoked/)
    await until(() => /<reset .*<\/stream:stream>$/.test(fake.secure), 'the last words')
  })

  test('a session ends when a certificate above the one of its Controller is revoked', async () => {
    const below = await ca.intermediate('revoked later')
    const lists = [await below.crl([]), await ca.crl([])]
    const file = await together('above.crl', ...lists)
    const { fake, opened } = await begin(await below.issue(REQUEST), { crl: file })
    await using _ = fake
    const session = await opened
    const { serialNumber } = new (await import('node:crypto')).X509Certificate(await readFile(below.cert))
    await together('above.crl', lists[0] ?? '', await ca.crl([{ serial: serialNumber } as Certificate]))
    assert.match((await session.closed).message, /was revoked/)
  })

  test('a session ends when the certificate runs out', async () => {
    const { fake, opened } = await begin(await ca.issue({ ...REQUEST, days: 8 / 86_400 }), {})
    await using _ = fake
    const reason = await (await opened).closed
    assert.equal(reason.code, 'grid-tls')
    assert.match(reason.message, /has run out/)
  })

  test('when what is configured runs out can be told, as far as it can be read', async () => {
    const day = 86_400_000
    const near = (ms: number | undefined, days: number) =>
      assert.ok(Math.abs((ms ?? 0) - Date.now() - days * day) < day / 2, `${ms}`)
    const [own, authority, list] = gridExpiry({ minVersion: 'TLSv1.2', cert: good.cert, ca: ca.cert, crl })
    assert.deepEqual([own?.name, authority?.name, list?.name], ['grid-certificate', 'grid-ca', 'grid-crl'])
    near(own?.notAfter, 30)
    near(list?.notAfter, 1)
    assert.deepEqual(gridExpiry({ minVersion: 'TLSv1.2', ca: join(pki.dir, 'gone'), crl: good.key }), [])
  })
})
