import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { GatewayProcess } from './command.ts'
import { look, type View } from './prober.ts'
import type { Site } from './site.ts'

/** Something that goes wrong, what it turns, and how it is mended. */
export interface Fault {
  readonly name: string
  make(): Promise<void>
  mend(): Promise<void>
  /** each part that turns, with its state and what its reason says */
  readonly parts: Readonly<Record<string, readonly ['degraded' | 'failed', RegExp]>>
  /** what fires, as `firing` has it */
  readonly alerts: readonly string[]
  /** [needs-you] */
  readonly verdict?: 'needs-you' | 'cannot-take'
  /** bytes of each report that somebody posts every second meanwhile [1000] */
  readonly size?: number
  /** not in the short form [false] */
  readonly long?: true
  /** the gateway is started anew for it: all parts begin then */
  readonly anew?: true
  /** ms that it may take to turn, where it takes longer by nature */
  readonly within?: number
  /** parts and alerts that may turn on the way to it, or back */
  readonly passing?: readonly string[]
}

/** A gateway with all around it, running and well, and what is to befall it, one after the other. */
export interface Lane extends AsyncDisposable {
  readonly site: Site
  readonly gateway: () => GatewayProcess
  readonly faults: readonly Fault[]
  /** what is not done here, and why */
  readonly left?: string
}

export interface Course {
  readonly name: string
  /** seconds until all of it had turned, and until all of it was well again */
  readonly turned: number
  readonly back: number
}

interface Watched {
  readonly site: Site
  readonly firing: () => Promise<readonly string[]>
  /** ms that it may take to turn, and back */
  readonly within: number
  /** called just before it is mended */
  readonly mending: () => void
}

/** ms of clock that may lie between the doing of a thing and the noting of it */
const SLACK = 1_500

/** Makes the fault, watches it turn its own parts and alerts and no others, mends it, and watches all of it go back. */
export async function undergo(fault: Fault, { site, firing, within, mending }: Watched): Promise<Course> {
  const { name, parts, alerts, verdict = 'needs-you', passing = [] } = fault
  const patience = fault.within ?? within
  const see = async () => ({ view: await look(site), alerts: await firing() })
  const before = (await until(`${name}: all well before`, within, see, ({ view, alerts }) => isWell(view, alerts))).view

  const made = Date.now()
  await fault.make()
  const acted = Date.now()
  const own = new Set([...Object.keys(parts), ...alerts, ...passing])
  const onlyOwn = (seen: Seen) => {
    const others = [...wrong(seen.view), ...seen.alerts].filter((one) => !own.has(one))
    assert.deepEqual(others, [], `${name}: turned besides: ${shown(seen)}`)
  }
  const turned = await until(`${name}: ${[...own].join(', ')}`, patience, see, (seen) => {
    onlyOwn(seen)
    const all = Object.entries(parts).every(([part, [state, why]]) => {
      const now = seen.view.parts[part]
      return now?.state === state && why.test(now.reason ?? '')
    })
    const missing = alerts.filter((one) => !seen.alerts.includes(one))
    return all && missing.length === 0 && seen.view.verdict === verdict
  })
  const at = Date.now()
  assert.equal(turned.view.status, verdict === 'cannot-take' ? 503 : 200, name)
  for (const part in parts) assert.ok(isSince(turned.view, part, made, at), `${name}: ${part} since: ${shown(turned)}`)

  const mended = Date.now()
  mending()
  await fault.mend()
  const done = Date.now()
  const well = await until(`${name}: all well again`, within, see, (seen) => {
    onlyOwn(seen)
    return isWell(seen.view, seen.alerts)
  })
  const over = Date.now()
  for (const [part, { since }] of Object.entries(well.view.parts)) {
    if (own.has(part))
      assert.ok(!(part in parts) || isSince(well.view, part, mended, over), `${name}: ${part} ${since}`)
    // what did not turn has not moved
    else if (!fault.anew) assert.equal(since, before.parts[part]?.since, `${name}: ${part}`)
  }
  return { name, turned: seconds(at - acted), back: seconds(over - done) }
}

interface Seen {
  readonly view: View
  readonly alerts: readonly string[]
}

function wrong({ parts }: View): string[] {
  return Object.keys(parts).filter((part) => parts[part]?.state !== 'ok')
}

function isWell(view: View, alerts: readonly string[]): boolean {
  return view.verdict === 'works' && view.status === 200 && wrong(view).length === 0 && alerts.length === 0
}

function isSince({ parts }: View, part: string, from: number, to: number): boolean {
  const since = Date.parse(parts[part]?.since ?? '')
  return since >= from - SLACK && since <= to + SLACK
}

async function until(
  what: string,
  ms: number,
  see: () => Promise<Seen>,
  holds: (seen: Seen) => boolean,
): Promise<Seen> {
  const deadline = Date.now() + ms
  for (;;) {
    const seen = await see()
    if (holds(seen)) return seen
    assert.ok(Date.now() < deadline, `not within ${ms} ms: ${what}; ${shown(seen)}`)
    await wait(200)
  }
}

function shown({ view, alerts }: Seen): string {
  const parts = Object.fromEntries(wrong(view).map((part) => [part, view.parts[part]]))
  return JSON.stringify({ verdict: view.verdict, status: view.status, parts, alerts })
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
