import { report } from './documents.ts'
import { line } from './figures.ts'
import { createPoster } from './post.ts'
import { createBench } from './setup.ts'

const COUNT = Number(process.env.COUNT ?? 50_000)
const STEP = 5_000
const LIMIT = 250
const MIB = 1024 * 1024

/** Memory of the gateway (RSS) at rest and while 50,000 reports are taken and published. COUNT=n for another number. */
export async function benchMemory(): Promise<void> {
  await using bench = await createBench({ delivery: { maxQueue: 1_000_000 }, level: 'warn' })
  const { site, world } = bench
  const gateway = world.use(await site.spawn())
  await site.ready()
  const poster = world.use(createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-a'), 8))
  const resident = async () => Math.round((await gateway.memory()) / MIB)
  line('at rest', `${await resident()} MiB`)
  const samples: number[] = []
  for (let done = 0; done < COUNT; done += STEP) {
    await poster.post(Math.min(STEP, COUNT - done), (n) => report(`${done + n}`))
    await site.drained(600_000)
    samples.push(await resident())
    line(`after ${Math.min(done + STEP, COUNT)} reports`, `${samples.at(-1)} MiB`)
  }
  const most = Math.max(...samples)
  const growth = (samples.at(-1) ?? 0) - (samples[0] ?? 0)
  line(
    'most',
    `${most} MiB (aim: under ${LIMIT}) ${most < LIMIT ? 'met' : 'MISSED'}; ${growth} MiB from the first step to the last`,
  )
}
