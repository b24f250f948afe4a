import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Broker } from '../support/brokers.ts'
import { createWorld } from '../support/e2e.ts'
import type { Lane } from '../support/faults.ts'

/** bytes/s that come, of which the Controller as it ships takes a fraction */
const MUCH = 30_000

/** Frees the account, as its reason says. */
const FREE: Readonly<Record<Broker['kind'], (broker: Broker) => Promise<void>>> = {
  prosody: ({ dir, domain }) => {
    const host = `VirtualHost "${domain}"`
    return rewrite(join(dir, 'prosody.cfg.lua'), (text) =>
      text.replace(host, `${host}\n  unlimited_jids = { "gateway@${domain}" }`),
    )
  },
  ejabberd: ({ dir }) =>
    rewrite(join(dir, 'ejabberd.yml'), (text) => {
      const { acl, shaper_rules, ...rest } = JSON.parse(text)
      const rules = { ...shaper_rules, c2s_shaper: [{ none: 'gateway' }, { normal: 'all' }] }
      return JSON.stringify({ ...rest, acl: { ...acl, gateway: { user: ['gateway'] } }, shaper_rules: rules })
    }),
}

async function rewrite(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')))
}

/** The Controller holds the account back, as it ships, once there is much to say. */
export async function slowFaults(kind: Broker['kind']): Promise<Lane> {
  await using opened = new AsyncDisposableStack()
  const world = opened.use(await createWorld(kind, { stock: true }))
  const { broker } = world
  const site = await world.site()
  const gateway = opened.use(await site.spawn())
  await site.ready()
  const all = opened.move()
  return {
    site,
    gateway: () => gateway,
    faults: [
      {
        name: 'the Broker throttles',
        size: MUCH,
        make: async () => undefined,
        async mend() {
          await FREE[kind](broker)
          await broker.restart()
        },
        parts: { grid: ['degraded', /takes [\d,]+ bytes\/s: free this account .*unlimited_jids/] },
        alerts: ['GridSlow grid'],
        // the server is started anew
        passing: ['topic:incident', 'GridAway grid'],
      },
    ],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
