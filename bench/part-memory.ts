import { stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../src/clock.ts'
import { PAYLOAD_AGE } from '../src/store/coding/retention.ts'
import { openQueue } from '../src/store/sqlite/sqlite-store.ts'
import { untold } from '../src/tell.ts'
import { start } from '../test/support/command.ts'
import { FAKE_DOMAIN } from '../test/support/fake-controller.ts'
import { createPki } from '../test/support/pki.ts'
import { createSite, type PeerSetup } from '../test/support/site.ts'
import { type Child, startChild } from './child.ts'
import { report } from './documents.ts'
import { line } from './figures.ts'
import { install } from './installed.ts'
import { createPoster } from './post.ts'
import { cpuOf } from './process-cost.ts'
import { createBench } from './setup.ts'

const COUNT = Number(process.env.COUNT ?? 30_000)
const STEP = Number(process.env.STEP ?? 5_000)
const AT_REST = 120
const LIMIT = 150
/** times what it is after so many reports */
const FLAT = { from: 10_000, most: 1.1 }
const MIB = 1024 * 1024
/** ms after which memory is given back */
const IDLE = 12_000
const PATIENCE = 1_200_000
const LIMITS = { delivery: { maxQueue: 1_000_000 }, level: 'warn' }

/**
 * Memory of the gateway as it is installed (RSS), at rest and while 30,000 reports are taken, published, read from their Topic again and
 * sent to a peer. COUNT=n for another number, STEP=n for other steps, BROKER=few for a Broker of a few lines in the place of Prosody, which
 * takes a million messages both ways (COUNT=500000) in twenty minutes.
 */
export async function benchMemory(): Promise<void> {
  await using installed = await install()
  await using around = await (process.env.BROKER === 'few' ? withFew() : withProsody())
  const { site, peer } = around
  await using gateway = start(site.configFile, {}, installed.launcher)
  await gateway.serving
  await site.ready()
  await using poster = createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-a'), 8)
  const resident = async () => Math.round((await gateway.memory()) / MIB)
  const met = (mib: number, aim: number) => `${mib} MiB (aim: under ${aim}) ${mib < aim ? 'met' : 'MISSED'}`
  // what its start left behind is given back once it was idle
  await wait(IDLE)
  line('at rest', met(await resident(), AT_REST))
  const samples: { done: number; mib: number }[] = []
  for (let done = 0; done < COUNT; ) {
    const count = Math.min(STEP, COUNT - done)
    const before = { ms: performance.now(), us: await cpuOf(gateway.pid) }
    await poster.post(count, (n) => report(`${done + n}`))
    await peer.ask('arrivals', { count })
    await site.drained(PATIENCE)
    const [ms, us] = [performance.now() - before.ms, (await cpuOf(gateway.pid)) - before.us]
    done += count
    const mib = await resident()
    samples.push({ done, mib })
    await peer.ask('forget')
    await prune(site.store)
    const store = Math.round((await stat(site.store)).size / MIB)
    const cost = `${Math.round((count * 1000) / ms)}/s, ${Math.round(us / count)} us of CPU each`
    line(`after ${done} reports, both ways`, `${mib} MiB (${cost}; store ${store} MiB)`)
  }
  line('most', met(Math.max(...samples.map(({ mib }) => mib)), LIMIT))
  const early = samples.findLast(({ done }) => done <= Math.max(STEP, FLAT.from))
  const last = samples.at(-1)
  if (early !== undefined && last !== undefined && last.done > early.done) {
    const times = last.mib / early.mib
    const is = times <= FLAT.most ? 'met' : 'MISSED'
    line(
      `after ${last.done}: times what it was after ${early.done}`,
      `${times.toFixed(2)} (aim: at most ${FLAT.most}) ${is}`,
    )
  }
  await wait(IDLE)
  line('once it was idle', `${await resident()} MiB`)
}

/** Documents are kept for 30 days: what is delivered goes as if they were over, or a million of them would fill the disk. */
async function prune(path: string): Promise<void> {
  await using store = await openQueue({ path, tell: untold, clock: systemClock })
  await store.prune(Date.now() + PAYLOAD_AGE, 10_000)
}

interface Around extends AsyncDisposable {
  readonly site: Awaited<ReturnType<typeof createSite>>
  /** a RID system */
  readonly peer: Child
}

function peersAt(port: number): PeerSetup[] {
  return [
    { name: 'csirt-a', publish: ['incident'] },
    { name: 'csirt-z', url: `https://localhost:${port}/`, topics: ['incident'] },
  ]
}

async function withProsody(): Promise<Around> {
  const peers: Child[] = []
  const bench = await createBench({
    ...LIMITS,
    broker: { maxItems: 100 },
    async peersAt(at) {
      const { child, port } = await at.ridPeer('csirt-z')
      peers.push(child)
      return peersAt(port)
    },
  })
  return { site: bench.site, peer: peers[0]!, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() }
}

async function withFew(): Promise<Around> {
  await using opened = new AsyncDisposableStack()
  const pki = opened.use(await createPki())
  const own = async (ca: string, cn: string, dns: string[]) => {
    const { cert, key } = await (await pki.ca(ca)).issue({ cn, dns, server: true })
    return { CERT: cert, KEY: key, CA: (await pki.ca(ca)).cert }
  }
  const peer = opened.use(startChild('./peer-child.ts', await own('rid', 'csirt-z', ['csirt-z.example', 'localhost'])))
  const few = opened.use(startChild('./few-child.ts', await own('grid', FAKE_DOMAIN, [FAKE_DOMAIN])))
  const site = opened.use(
    await createSite({
      ...LIMITS,
      pki,
      broker: {
        ...{ service: await few.ask<string>('start'), domain: FAKE_DOMAIN, broker: `pubsub.${FAKE_DOMAIN}` },
        ca: (await pki.ca('grid')).cert,
      },
      topics: [{ name: 'incident' }],
      peers: peersAt(await peer.ask<number>('start')),
    }),
  )
  const all = opened.move()
  return { site, peer, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
