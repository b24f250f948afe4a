import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import { METRICS, type Metrics } from '../metrics.ts'
import type { Level } from '../tell.ts'
import type { Recent } from './recent.ts'
import type { EventRow, Measure } from './row.ts'
import { EVENTS, type EventName } from './table.ts'
import { isWanted, type Levels } from './wanted.ts'

interface TellerOptions {
  /** of the least level that is wanted of anything */
  readonly log: Logger
  /** as they are in force each time they are read [all that the log lets through] */
  readonly levels?: () => Levels
  readonly clock: Pick<Clock, 'now'>
  /** undefined: nothing is counted */
  readonly metrics?: Metrics
  readonly recent?: Recent
}

/** ms between lines, where the row says no other, about things that anybody can make happen as often as they like */
const SELDOM = 1000
/** keys that are remembered: some are addresses of whoever comes */
const KEYS = 1000

type Fields = Record<string, unknown>

/** Tells an event whose fields were looked at elsewhere: `Tell<News>` is for everybody else. */
type Teller = (event: EventName, fields: object, level?: Level) => void

/** Logs and counts, as the table says; nothing else does. */
export function createTeller({ log, levels, clock, metrics, recent }: TellerOptions): Teller {
  const tellNow = createSeldom(clock)
  const isLogged = (event: EventName, at: Level) =>
    log.isLevelEnabled(at) && (levels === undefined || isWanted(levels(), event, at))
  return (event, given, level) => {
    const row = EVENTS[event] as EventRow<object>
    if (metrics !== undefined) for (const measure of row.measures ?? []) count(metrics, measure, given)
    const more = row.seldom === undefined ? 0 : tellNow(`${event} ${row.seldom(given)}`, row.every)
    if (more === undefined) return
    const at = level ?? gravest(row)
    const onPage = at !== 'debug' && !row.offPage
    // each request and each commit tells one that is debug alone
    const inLog = isLogged(event, at)
    if (!onPage && !inLog) return
    const fields = shown(given as Fields, more, row)
    if (inLog) log[at]({ event, ...fields }, row.text)
    if (onPage) recent?.add({ at: clock.now(), level: at, event }, row.text, fields)
  }
}

/** Says how many events of a key went untold since the last that was told; undefined while another would be too soon. */
function createSeldom(clock: Pick<Clock, 'now'>): (key: string, every?: number) => number | undefined {
  const told = new Map<string, { readonly at: number; since: number }>()
  return (key, every = SELDOM) => {
    const last = told.get(key)
    const ago = clock.now() - (last?.at ?? 0)
    if (last !== undefined && ago >= 0 && ago < every) {
      last.since += 1
      return undefined
    }
    told.delete(key)
    told.set(key, { at: clock.now(), since: 0 })
    const [oldest] = told.keys()
    if (told.size > KEYS && oldest !== undefined) told.delete(oldest)
    return last?.since ?? 0
  }
}

function gravest({ level }: EventRow<object>): Level {
  return typeof level === 'string' ? level : level[0]
}

/** Fields as the log shows them: a reason may repeat a stranger's words, but not all of them. `more` went untold. */
function shown(fields: Fields, more: number, { cut }: EventRow<object>): Fields {
  if (more === 0 && cut === undefined && typeof fields.reason !== 'string') return fields
  const kept: Fields = { ...fields, ...(more > 0 && { more }) }
  for (const name in cut) kept[name] = String(kept[name]).slice(0, (cut as Record<string, number>)[name])
  if (typeof kept.reason === 'string') kept.reason = withoutContent(kept.reason).slice(0, 1000)
  return kept
}

/** Shortens what a validator quotes: enough to recognize the place, not what a document says. The trace, in the store, has all. */
function withoutContent(reason: string): string {
  return reason.slice(0, 4000).replace(/(?<![\p{L}\d])(['"])((?:(?!\1).){40})(?:(?!\1).)+\1/gsu, '$1$2…$1')
}

const STEP = { counter: 'inc', gauge: 'set', histogram: 'observe' } as const

function count(metrics: Metrics, { metric, labels, value }: Measure<object>, fields: object): void {
  const known: Record<string, string> = {}
  const given: Readonly<Record<string, string | ((fields: object) => string)>> = labels
  for (const label in given) {
    const of = given[label]
    if (of !== undefined) known[label] = typeof of === 'string' ? of : of(fields)
  }
  const meter = metrics[metric] as unknown as Record<string, (labels: Fields, by: number) => void>
  meter[STEP[METRICS[metric].type]]?.(known, value?.(fields) ?? 1)
}
