import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Authority, Certificate, Pki } from '../../support/pki.ts'
import { copied } from './copied.ts'

/** A configuration in which all is well, and that warns of nothing; every mistake is one change of it. */
export const GOOD = `rid:
  name: gateway.example
  host: 127.0.0.1
  port: 4590
  tls:
    cert: tls/rid.pem
    key: tls/rid.key
    ca: tls/peers-ca.pem
    crl: tls/peers.crl
  maxMessage: 1MiB
peers:
  - name: csirt-a
    identity: { dns: csirt-a.example }
    accept: [Report]
    publish: [incident]
  - name: csirt-b
    identity: { dns: csirt-b.example }
    url: https://csirt-b.example:4590/
    topics: [incident]
    restrictions: [public, partner, private]
grid:
  service: xmpp://controller.example:5222
  jid: gateway@grid.example
  auth: { password: { file: gateway.password } }
  tls: { ca: tls/grid-ca.pem }
  broker: pubsub.grid.example
  maxItem: 250KB
  topics:
    - name: incident
      title: IODEF incident reports
      create: true
      members: [subscriber@grid.example]
      restrictions: [public, partner, private]
routes:
  - match: { peer: [csirt-a], purpose: [reporting], type: [Report] }
    topic: incident
store: { path: data/gateway.db }
ops: { host: 127.0.0.1, port: 9590 }
log: { level: info }
delivery: { maxAge: 3d }
`

export interface Folder {
  readonly dir: string
  readonly pki: Pki
  /** certifies the gateway and its peers */
  readonly rid: Authority
  /** certifies the Controller */
  readonly grid: Authority
  readonly server: Certificate
  /** the path of a file of the configuration */
  at(...path: string[]): string
}

/** A folder with all that the good configuration names, in a place of its own. */
export async function folderIn(dir: string, pki: Pki): Promise<Folder> {
  const [rid, grid] = [await pki.ca('peers'), await pki.ca('grid')]
  const server = await rid.issue({ cn: 'gateway.example', dns: ['gateway.example'], days: 300 })
  const at = (...path: string[]) => join(dir, ...path)
  await mkdir(at('tls'), { recursive: true })
  await mkdir(at('data'), { recursive: true, mode: 0o700 })
  await copied(server.cert, at('tls/rid.pem'))
  await copied(server.key, at('tls/rid.key'))
  await copied(rid.cert, at('tls/peers-ca.pem'))
  await copied(grid.cert, at('tls/grid-ca.pem'))
  await copied(await rid.crl([], { seconds: 30 * 86_400 }), at('tls/peers.crl'))
  await writeFile(at('gateway.password'), 'gateway-secret\n', { mode: 0o600 })
  await chmod(at('tls/rid.key'), 0o600)
  return { dir, pki, rid, grid, server, at }
}
