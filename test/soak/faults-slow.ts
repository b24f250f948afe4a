import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createWorld } from '../support/e2e.ts'
import type { Lane } from '../support/faults.ts'
import type { ProofOptions } from './proof.ts'

/** bytes/s that come, of which the Controller as it ships takes a fraction */
const MUCH = 30_000

/** The Controller holds the account back, as it ships, once there is much to say. */
export async function slowFaults(kind: ProofOptions['kind']): Promise<Lane> {
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
          const file = join(broker.dir, 'prosody.cfg.lua')
          const host = `VirtualHost "${broker.domain}"`
          const freed = `${host}\n  unlimited_jids = { "gateway@${broker.domain}" }`
          await writeFile(file, (await readFile(file, 'utf8')).replace(host, freed))
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
