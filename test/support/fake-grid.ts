import { after, before } from 'node:test'
import type { LoginConfig } from '../../src/config/types.ts'
import { FAKE_DOMAIN, type FakeController } from './fake-controller.ts'
import { gridConfig } from './grid-config.ts'
import { type Authority, type Certificate, createPki, type Pki } from './pki.ts'

/** What a fake Controller shows, and who issued it. */
interface FakeCertificates {
  pki: Pki
  ca: Authority
  certificate: Certificate
}

/** Made before the tests of the suite that calls it, and thrown away behind them. */
export function fakeCertificates(): Readonly<FakeCertificates> {
  const made = {} as FakeCertificates
  before(async () => {
    made.pki = await createPki()
    made.ca = await made.pki.ca('grid')
    made.certificate = await made.ca.issue({ cn: FAKE_DOMAIN, dns: [FAKE_DOMAIN], server: true })
  })
  after(() => made.pki.dispose())
  return made
}

/** A grid section without Topics that logs in at a fake Controller, trusting the CA in the file `ca`. */
export function fakeGridConfig(
  { service }: Pick<FakeController, 'service'>,
  ca: string,
  overrides: Partial<LoginConfig> = {},
): LoginConfig {
  const broker = { service, domain: FAKE_DOMAIN, ca, broker: `pubsub.${FAKE_DOMAIN}` }
  return gridConfig(broker, { topics: [], ...overrides })
}
