import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createWorld } from '../support/e2e.ts'
import type { Lane } from '../support/faults.ts'
import type { Authority, Certificate } from '../support/pki.ts'
import type { ProofOptions } from './proof.ts'

/** s that the certificate lives which runs out while the gateway serves */
const SHORT = 5
const WEEK = 7 * 86_400

/** Nobody gets through TLS: a revocation list fits no CA, our certificate runs out. */
export async function tlsFaults(kind: ProofOptions['kind']): Promise<Lane> {
  await using opened = new AsyncDisposableStack()
  const world = opened.use(await createWorld(kind))
  const site = await world.site()
  const rid = site.base().rid as { tls: object }
  const at = (name: string) => join(site.dir, name)
  await site.config({ rid: { ...rid, tls: { ...rid.tls, crl: 'peers.crl' } } })
  await copyFile(await site.ca.crl([], { seconds: WEEK }), at('peers.crl'))
  const strange = await (await world.pki.ca('another')).crl([], { seconds: WEEK })
  let gateway = await site.spawn()
  opened.defer(() => gateway.kill())
  await site.ready()
  const use = async ({ cert, key }: Pick<Certificate, 'cert' | 'key'>) => {
    await copyFile(cert, at('rid.pem'))
    await copyFile(key, at('rid.key'))
    gateway.signal('SIGHUP')
  }
  const all = opened.move()
  return {
    site,
    gateway: () => gateway,
    faults: [
      {
        name: 'the revocation list is of another CA',
        // a reload would refuse it
        anew: true,
        async make() {
          await copyFile(strange, at('peers.crl'))
          await gateway.stop()
          gateway = await site.spawn()
        },
        async mend() {
          await copyFile(await site.ca.crl([], { seconds: WEEK }), at('peers.crl'))
          gateway.signal('SIGHUP')
        },
        parts: { rid: ['failed', /refuses everybody: mend `rid\.tls\.crl`/] },
        alerts: ['CannotTakeReports', 'RidRefused rid'],
        verdict: 'cannot-take',
        passing: ['grid', 'topic:incident', 'GridAway grid'],
      },
      {
        name: 'our own certificate runs out',
        async make() {
          const short = await shortLived(site.ca)
          await use(short)
          await wait(short.ends - Date.now())
        },
        mend: () => use(site.server),
        parts: {
          rid: ['failed', /Every peer refuses our certificate, which ran out at .*renew `rid\.tls\.cert`/],
          'certificate:rid-certificate': ['failed', /It ran out at .*renew `rid\.tls\.cert`/],
        },
        alerts: ['CannotTakeReports', 'CertificateEnded certificate:rid-certificate', 'RidRefused rid'],
        verdict: 'cannot-take',
        passing: ['CertificateEnds certificate:rid-certificate'],
      },
    ],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** A certificate of the gateway for the next few seconds. */
async function shortLived(ca: Authority): Promise<Certificate & { readonly ends: number }> {
  const ends = Math.floor(Date.now() / 1_000 + SHORT) * 1_000
  const days = (ends - Date.now()) / 86_400_000
  return { ...(await ca.issue({ cn: 'gateway', dns: ['localhost'], ip: ['127.0.0.1'], days })), ends }
}
