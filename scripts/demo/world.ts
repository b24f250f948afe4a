import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Broker } from '../../test/support/brokers.ts'
import { createPki } from '../../test/support/pki.ts'
import { startProsody } from '../../test/support/prosody.ts'
import { type Child, startChild } from './child.ts'
import type { Identity } from './post.ts'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const TOPIC = 'incident'

const password = () => randomBytes(12).toString('base64url')
const SECRETS = { gateway: password(), subscriber: password() }

/** A directory that is gone when the process ends, however it ends. Everything that the demo writes is in it. */
export function createFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'iodef-demo-'))
  const remove = () => rmSync(path, { recursive: true, force: true })
  process.once('exit', remove)
  // what else makes temp directories puts them here
  process.env.TMPDIR = path
  return { path, [Symbol.dispose]: remove }
}

interface Certificates {
  /** `cert`, `key` of the gateway's RID endpoint, and the CA of its peers */
  readonly server: Identity
  readonly client: Identity
}

/** A CA, the gateway's certificate and the one of its peer csirt-a, under names that fit on a command line. */
export async function createCertificates(folder: string): Promise<Certificates> {
  const pki = await createPki()
  const ca = await pki.ca('rid')
  const [server, client] = await Promise.all([
    ca.issue({ cn: 'gateway.example', dns: ['gateway.example', 'localhost'], ip: ['127.0.0.1', '::1'] }),
    ca.issue({ cn: 'csirt-a.example', dns: ['csirt-a.example'] }),
  ])
  const keep = (from: string, name: string) => {
    const to = join(folder, name)
    copyFileSync(from, to)
    return to
  }
  const caFile = keep(ca.cert, 'ca.pem')
  return {
    server: { cert: keep(server.cert, 'rid.pem'), key: keep(server.key, 'rid.key'), ca: caFile },
    client: { cert: keep(client.cert, 'csirt-a.pem'), key: keep(client.key, 'csirt-a.key'), ca: caFile },
  }
}

export function startController(): Promise<Broker> {
  return startProsody({ users: SECRETS, durable: false })
}

/** The last lines of Prosody's log, if there is one yet. */
export function controllerLog(folder: string, lines: number): string[] {
  const found = existsSync(folder) ? readdirSync(folder).find((name) => name.startsWith('prosody-')) : undefined
  const file = join(folder, found ?? '', 'prosody.log')
  return existsSync(file) && found ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines) : []
}

/** Writes the configuration, as an operator would, and starts the gateway with it. */
export function startGateway(folder: string, broker: Broker, tls: Identity): { child: Child; config: string } {
  const config = join(folder, 'gateway.yaml')
  const quoted = JSON.stringify
  writeFileSync(join(folder, 'gateway.password'), SECRETS.gateway, { mode: 0o600 })
  writeFileSync(
    config,
    `# ports 0: whatever is free. The real ones are 4590 and 9590.
rid:
  host: 127.0.0.1
  port: 0
  name: gateway.example
  tls: { cert: ${quoted(tls.cert)}, key: ${quoted(tls.key)}, ca: ${quoted(tls.ca)} }
peers:
  - name: csirt-a
    identity: { dns: csirt-a.example }
    publish: [${TOPIC}]
grid:
  service: ${broker.service}
  jid: gateway@${broker.domain}
  auth: { password: { file: gateway.password } }
  tls: { ca: ${quoted(broker.ca)} }
  broker: ${broker.broker}
  topics:
    - { name: ${TOPIC}, title: IODEF incident reports, create: true, members: [subscriber@${broker.domain}] }
routes: [{ topic: ${TOPIC} }]
store: { path: gateway.db }
ops: { port: 0 }
`,
  )
  const launcher = join(ROOT, 'bin/iodef-gateway')
  return { config, child: startChild(launcher, ['start', '--config', config], { log: join(folder, 'gateway.log') }) }
}

export function startSubscriber(folder: string, broker: Broker): Child {
  const script = join(ROOT, 'examples/subscriber.mjs')
  const env = {
    NODE_EXTRA_CA_CERTS: broker.ca,
    SERVICE: broker.service,
    DOMAIN: broker.domain,
    USER_NAME: 'subscriber',
    PASSWORD: SECRETS.subscriber,
    BROKER: broker.broker,
    TOPIC,
  }
  return startChild(process.execPath, [script], { log: join(folder, 'subscriber.log'), env, ipc: true })
}
