import { setTimeout as wait } from 'node:timers/promises'
import { run } from '../support/command.ts'
import type { Site } from '../support/site.ts'
import type { Posted } from './reporters.ts'

interface OperatorOptions {
  readonly random: () => number
  readonly posted: readonly Posted[]
  /** a destination that is stopped and let go again */
  readonly destination: string
}

/** ms between two commands, and that one may take */
const PAUSE = 4_000
const PATIENCE = 60_000
/** done; the answer is no (nothing is held, it is paused already); the store could not be reached */
const CODES = [0, 1, 3]

/** Somebody who looks, and stops and starts things, at one gateway after the other. Disposing of it ends it. */
export interface Operator extends AsyncDisposable {
  /** what was answered as it must not be */
  readonly odd: readonly string[]
  /** how many commands were carried out, and how many could not reach the store */
  readonly counts: { done: number; away: number }
  /** Ends it; whatever it stopped goes on. */
  stop(): Promise<void>
}

export function startOperator(sites: readonly Site[], { random, posted, destination }: OperatorOptions): Operator {
  const odd: string[] = []
  const counts = { done: 0, away: 0 }
  const stopping = new AbortController()
  const one = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)]

  /** What it printed; undefined where the store could not be reached. */
  async function command(...args: readonly string[]): Promise<string | undefined> {
    const site = one(sites) as Site
    const { code, stdout, stderr } = await run([...args, '--config', site.configFile], { ms: PATIENCE })
    const said = `${args.join(' ')} ended with ${code}: ${stderr || stdout}`
    if (code === null || !CODES.includes(code) || /\n\s+at /.test(stderr)) odd.push(said)
    // whoever is told that it could not be done is told why
    else if (code === 3 && !/\w+ \w+ \w+/.test(stderr)) odd.push(said)
    counts[code === 3 ? 'away' : 'done'] += 1
    return code === 0 ? stdout : undefined
  }

  async function trace(): Promise<void> {
    const report = one(posted.filter(({ acknowledged }) => acknowledged))
    if (report === undefined) return
    const told = await command('trace', report.incident)
    if (told !== undefined && !/accepted/.test(told)) odd.push(`trace ${report.incident} has no word of it: ${told}`)
  }

  const deeds = [
    trace,
    trace,
    () => command('queue', 'stats'),
    () => command('queue', 'list', '--json'),
    () => command('queue', 'retry', '--all', '--state', 'held'),
    () => command('queue', 'pause', destination),
    () => command('queue', 'resume', destination),
  ]
  const work = (async () => {
    while (!stopping.signal.aborted) {
      await one(deeds)?.()
      await wait(PAUSE, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  // told by stop
  work.catch(() => undefined)

  return {
    odd,
    counts,
    async stop() {
      stopping.abort()
      await work
      await command('queue', 'resume', destination)
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
    },
  }
}
