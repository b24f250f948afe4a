import assert from 'node:assert/strict'
import { pino } from 'pino'
import { readConfig } from '../../src/config/config.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import { createPki, type Pki } from './pki.ts'
import { createSite, type PeerSetup, type Site, type SiteOptions } from './site.ts'

type Line = Record<string, unknown>

export interface Running extends AsyncDisposable {
  readonly pki: Pki
  readonly site: Site
  readonly gateway: Gateway
  readonly lines: Line[]
}

/** A gateway in this process, its configuration's file, and what it logs. Without `broker` no Controller is there: what is taken waits. */
export async function running(options: SiteOptions = {}): Promise<Running> {
  await using opened = new AsyncDisposableStack()
  const pki = options.pki ?? opened.use(await createPki())
  const site = opened.use(await createSite({ ...options, pki }))
  const lines: Line[] = []
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const source = { file: site.configFile, read: () => readConfig(site.configFile) }
  const { config } = source.read()
  assert.ok(config)
  const gateway = opened.use(await createGateway(config, { log, source }))
  const all = opened.move()
  return { pki, site, gateway, lines, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** What the log says of the last reload. */
export function lastReload(lines: readonly Line[]): Line {
  return lines.findLast(({ event }) => String(event).startsWith('configuration-')) ?? {}
}

export const A: PeerSetup = { name: 'csirt-a', publish: ['incident'] }
export const B: PeerSetup = { name: 'csirt-b', publish: ['incident'] }

/** The peers as the site writes them. */
export function peersOf(site: Site, ...peers: readonly PeerSetup[]): Readonly<Record<string, unknown>> {
  const [given] = site.base().peers as [object]
  return { peers: peers.map((peer) => ({ ...given, identity: { dns: `${peer.name}.example` }, ...peer })) }
}

export function rid(site: Site): Readonly<Record<string, unknown>> {
  return site.base().rid as Readonly<Record<string, unknown>>
}
