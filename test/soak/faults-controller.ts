import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createWorld } from '../support/e2e.ts'
import type { Lane } from '../support/faults.ts'
import type { ProofOptions } from './proof.ts'

/** The Controller is away, or takes our password no more. */
export async function controllerFaults(kind: ProofOptions['kind']): Promise<Lane> {
  await using opened = new AsyncDisposableStack()
  const world = opened.use(await createWorld(kind))
  const { broker } = world
  const site = await world.site()
  const gateway = opened.use(await site.spawn())
  await site.ready()
  const waits = ['degraded', /waits for the session/] as const
  const all = opened.move()
  return {
    site,
    gateway: () => gateway,
    faults: [
      {
        name: 'the Broker is stopped',
        make: () => broker.stop(),
        mend: () => broker.start(),
        parts: { grid: ['failed', /cannot be reached.*Reports are taken, and wait/], 'topic:incident': waits },
        alerts: ['GridAway grid'],
      },
      {
        name: 'the password is wrong',
        async make() {
          await broker.changePassword('gateway', 'another')
          await broker.restart()
        },
        async mend() {
          await writeFile(join(site.dir, 'gateway.password'), 'another\n', { mode: 0o600 })
          gateway.signal('SIGHUP')
        },
        parts: { grid: ['failed', /refused the login/], 'topic:incident': waits },
        alerts: ['GridAway grid'],
      },
    ],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
