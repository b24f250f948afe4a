import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createWorld } from '../support/e2e.ts'
import { iodef } from '../support/reports.ts'
import type { Site } from '../support/site.ts'
import { createFailures, type Findings, type ProofOptions } from './proof.ts'

const MIB = 1024 * 1024
/** MiB of memory that no flood may bring the gateway to */
const CEILING = 600
/** ms between two reports of one who behaves */
const PAUSE = 50
/** ms that are no wait at all: below them, twice as long means nothing */
const NOTHING = 50
/** ms for what was taken in to be published: the others' stand behind what the flood brought in */
const DRAIN = 300_000
const STRANGER = 'nobody'
/** The others' p99 at most doubled. */
const TIMES = 2

/** What one of three peers does, with so many connections; `stranger`: by a certificate that is no peer's. */
const FLOODS = [
  { kind: 'small', connections: 32 },
  { kind: 'large', connections: 8 },
  { kind: 'denied', connections: 16 },
  { kind: 'invalid', connections: 8 },
  { kind: 'broken', connections: 8 },
  { kind: 'crumbs', connections: 16 },
  { kind: 'refused', connections: 32 },
  { kind: 'slow', connections: 64 },
  { kind: 'small', connections: 16, stranger: true },
  { kind: 'crumbs', connections: 16, stranger: true },
  { kind: 'knock', connections: 200, stranger: true },
] as const

/**
 * One of three peers, then strangers, take what they can get, each kind of flood for `count` seconds: the other two go on posting, and
 * their p99 is at most twice what it is in peace, just before. Every report of theirs is Approved and published.
 */
export async function peerFlood({ kind, count, say }: ProofOptions): Promise<Findings> {
  const failures = createFailures()
  const figures: Record<string, number | string> = {}
  await using world = await createWorld(kind, { maxItems: 100_000, durable: false })
  const names = ['csirt-a', 'csirt-b', 'csirt-c']
  const site = await world.site({ peers: names.map((name) => ({ name, publish: ['incident'] })) })
  const gateway = world.use(await site.spawn())
  await site.ready()
  const subscriber = await world.user('subscriber')
  await subscriber.subscribe('incident')
  const posters = await Promise.all(['csirt-a', 'csirt-b'].map((name) => startPoster(site, name)))
  await wait(2_000)
  let most = 0
  for (const flood of FLOODS) {
    const name = `${'stranger' in flood ? 'strangers: ' : ''}${flood.kind} x ${flood.connections}`
    await wait(1_000)
    const quiet = await p99Of(posters, count)
    await using flooding = await startFlood(site, 'stranger' in flood ? STRANGER : 'csirt-c', flood)
    await wait(500)
    const loud = await p99Of(posters, count)
    const memory = (await gateway.memory()) / MIB
    if (flooding.isOver()) failures.add(name, 'the flood ended by itself')
    await flooding[Symbol.asyncDispose]()
    most = Math.max(most, memory)
    figures[`${name}: p99 before, and meanwhile (ms)`] = `${Math.round(quiet)}, ${Math.round(loud)}`
    say(`${name}: p99 ${Math.round(quiet)} ms before, ${Math.round(loud)} ms meanwhile, ${Math.round(memory)} MiB`)
    if (loud > TIMES * Math.max(quiet, NOTHING))
      failures.add(name, `p99 ${Math.round(quiet)} to ${Math.round(loud)} ms`)
  }
  const posted = (await Promise.all(posters.map((poster) => poster.end()))).flat()
  const refused = posters.flatMap((poster) => poster.refused)
  for (const what of refused) failures.add('not approved', what)
  const missing = new Set(posted)
  // each item is looked at once: those of the flood are among them, and very many
  let seen = 0
  const allThere = () => {
    for (; seen < subscriber.items.length; seen += 1) {
      const { xml } = subscriber.items[seen] ?? { xml: '' }
      for (const [, id = ''] of xml.matchAll(/>(csirt-[ab]-\d+)</g)) missing.delete(id)
    }
    return missing.size === 0
  }
  if (!allThere()) say(`${missing.size} reports of the others are behind those of the flood: at most ${DRAIN / 1000} s`)
  await subscriber.until('all of theirs on the Topic', allThere, DRAIN).catch((error: Error) => say(error.message))
  for (const id of missing) failures.add('not published', id)
  if (most > CEILING) failures.add('memory', `${Math.round(most)} MiB`)
  return {
    failures: failures.all(),
    figures: {
      ...figures,
      'reports of the others, all published': posted.length,
      'most memory (MiB)': Math.round(most),
    },
  }
}

interface Poster {
  /** ms that each took, since they were last taken away */
  times: number[]
  readonly refused: string[]
  end(): Promise<readonly string[]>
}

async function startPoster(site: Site, name: string): Promise<Poster> {
  const client = await site.client(name, { keepAlive: true })
  const over = new AbortController()
  const posted: string[] = []
  const poster: Poster = {
    times: [],
    refused: [],
    async end() {
      over.abort()
      await going
      await client[Symbol.asyncDispose]()
      return posted
    },
  }
  const going = (async () => {
    for (let n = 0; !over.signal.aborted; n += 1) {
      const id = `${name}-${n}`
      const began = performance.now()
      const answer = await client
        .post(iodef({ id, source: name }))
        .catch((error: Error) => ({ status: 0, body: error.message }))
      poster.times.push(performance.now() - began)
      if (answer.body.includes('"Approved"')) posted.push(id)
      else poster.refused.push(`${id}: ${answer.status} ${answer.body.slice(0, 200)}`)
      await wait(PAUSE)
    }
  })()
  return poster
}

async function p99Of(posters: readonly Poster[], seconds: number): Promise<number> {
  for (const poster of posters) poster.times = []
  await wait(seconds * 1_000)
  const times = posters.flatMap((poster) => poster.times).sort((a, b) => a - b)
  return times[Math.floor(times.length * 0.99)] ?? Number.POSITIVE_INFINITY
}

interface Flooding extends AsyncDisposable {
  /** before it was ended */
  isOver(): boolean
}

async function startFlood(
  site: Site,
  name: string,
  { kind, connections }: Pick<(typeof FLOODS)[number], 'kind' | 'connections'>,
): Promise<Flooding> {
  const { cert, key } = await site.certificate(name)
  const script = fileURLToPath(new URL('./flooder.ts', import.meta.url))
  // strangers do not come from where peers do
  const address = name === STRANGER ? '127.0.0.2' : '127.0.0.1'
  const args = [script, `${site.ridPort}`, site.ca.cert, cert, key, kind, `${connections}`, address]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  // it must not take from the gateway, or from whoever measures, what a flood over a network would not
  if (child.pid !== undefined) setPriority(child.pid, 19)
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  return {
    isOver,
    async [Symbol.asyncDispose]() {
      if (isOver()) return
      const over = once(child, 'exit')
      child.kill('SIGKILL')
      await over
    },
  }
}
