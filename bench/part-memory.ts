import { setTimeout as wait } from 'node:timers/promises'
import { start } from '../test/support/command.ts'
import { report } from './documents.ts'
import { line } from './figures.ts'
import { install } from './installed.ts'
import { createPoster } from './post.ts'
import { createBench } from './setup.ts'

const COUNT = Number(process.env.COUNT ?? 30_000)
const STEP = Number(process.env.STEP ?? 5_000)
const AT_REST = 120
const LIMIT = 150
const MIB = 1024 * 1024
/** ms after which memory is given back */
const IDLE = 12_000

/**
 * Memory of the gateway as it is installed (RSS), at rest and while 30,000 reports are taken, published, read from their Topic again and
 * sent to a peer. COUNT=n for another number, STEP=n for other steps.
 */
export async function benchMemory(): Promise<void> {
  await using installed = await install()
  await using bench = await createBench({
    broker: { maxItems: 100 },
    delivery: { maxQueue: 1_000_000 },
    level: 'warn',
    async peersAt(at) {
      const { port } = await at.ridPeer('csirt-z')
      return [
        { name: 'csirt-a', publish: ['incident'] },
        { name: 'csirt-z', url: `https://localhost:${port}/`, topics: ['incident'] },
      ]
    },
  })
  const { site, world } = bench
  const gateway = world.use(start(site.configFile, {}, installed.launcher))
  await gateway.serving
  await site.ready()
  const poster = world.use(createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-a'), 8))
  const resident = async () => Math.round((await gateway.memory()) / MIB)
  const met = (mib: number, aim: number) => `${mib} MiB (aim: under ${aim}) ${mib < aim ? 'met' : 'MISSED'}`
  // what its start left behind is given back once it was idle
  await wait(IDLE)
  line('at rest', met(await resident(), AT_REST))
  const samples: number[] = []
  for (let done = 0; done < COUNT; done += STEP) {
    await poster.post(Math.min(STEP, COUNT - done), (n) => report(`${done + n}`))
    await site.drained(1_200_000)
    samples.push(await resident())
    line(`after ${Math.min(done + STEP, COUNT)} reports, both ways`, `${samples.at(-1)} MiB`)
  }
  line('most', met(Math.max(...samples), LIMIT))
  await wait(IDLE)
  line('once it was idle', `${await resident()} MiB`)
}
