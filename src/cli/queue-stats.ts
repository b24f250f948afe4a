import { alike } from '../events/trace-words.ts'
import type { Desk, Queue, QueueFilter, Tally } from '../store/contract.ts'
import { DELIVERY_STATES, type DeliveryState } from '../vocabulary.ts'
import { type ExitCode, type Io, json, table, write } from './output.ts'
import { age } from './queue-list.ts'
import { tallied } from './tallied.ts'

/** of what is not settled for good */
const OPEN = DELIVERY_STATES.filter((state) => state !== 'delivered' && state !== 'discarded')
const MINUTE = 60_000
const AGES = ['<5m', '<1h', '<1d', 'older'] as const
/** at which one of AGES is over and the next begins */
const BOUNDS = [5 * MINUTE, 60 * MINUTE, 1440 * MINUTE]

interface Group {
  readonly destination: string
  readonly state: DeliveryState
  readonly reason: string
  count: number
  /** of the oldest, ms */
  oldest: number
  /** how many in each of AGES */
  readonly ages: number[]
}

/** How many wait, for whom, why and for how long: what differs in its reason only by figures and ids is one line. */
export async function showStats(
  store: Pick<Desk, 'tally' | 'pages'> & Pick<Queue, 'backlog'>,
  asked: QueueFilter,
  asJson: boolean,
  io: Io,
  now: number,
): Promise<ExitCode> {
  const times = BOUNDS.map((bound) => now - bound)
  const groups = await groupsOf(tallied(store, { states: OPEN, ...asked }, times), now)
  const paused = (await store.backlog()).filter((row) => row.paused !== null)
  if (asJson) {
    const shown = groups.map(({ ages, oldest, ...group }) => ({
      ...group,
      oldestSeconds: Math.floor(oldest / 1000),
      ages: Object.fromEntries(AGES.map((name, i) => [name, ages[i]])),
    }))
    await write(
      io.out,
      json({ groups: shown, paused: paused.map(({ kind, destination: to }) => ({ kind, destination: to })) }),
    )
    return 0
  }
  if (groups.length === 0) await write(io.err, 'nothing waits\n')
  else {
    const heading = ['TO', 'STATE', 'COUNT', ...AGES, 'OLDEST', 'REASON']
    const cells = groups.map((one) => [
      ...[one.destination, one.state, `${one.count}`, ...one.ages.map(String), age(one.oldest), one.reason],
    ])
    await write(io.out, table([heading, ...cells], 100))
  }
  for (const { kind, destination: to, paused: pause } of paused) {
    await write(io.out, `${kind} ${to} is paused by ${pause?.by}, for ${age(now - (pause?.since ?? now))}\n`)
  }
  return 0
}

/** The largest first; of those that are as large, the one with the oldest delivery. */
async function groupsOf(tallies: AsyncIterable<readonly Tally[]>, now: number): Promise<Group[]> {
  const groups = new Map<string, Group>()
  for await (const part of tallies) {
    for (const { destination, state, reason, age, count, oldest } of part) {
      const why = alike(reason)
      const key = JSON.stringify([destination, state, why])
      const group = groups.get(key) ?? { destination, state, reason: why, count: 0, oldest: 0, ages: AGES.map(() => 0) }
      group.count += count
      group.oldest = Math.max(group.oldest, now - oldest)
      group.ages[age] = (group.ages[age] ?? 0) + count
      groups.set(key, group)
    }
  }
  return [...groups.values()].sort((a, b) => b.count - a.count)
}
