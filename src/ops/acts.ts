import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'
import type { Backlog, DeliverySummary, Desk, Queue } from '../store/contract.ts'
import type { DestinationKind } from '../vocabulary.ts'
import { type Act, word } from './frame.ts'
import { groupOf } from './held.ts'
import { link } from './html.ts'
import type { Notice } from './session.ts'

export interface ActParts {
  readonly clock: Pick<Clock, 'now'>
  readonly store: Pick<Desk, 'list' | 'show' | 'retry' | 'discard' | 'pause' | 'resume'> & Pick<Queue, 'backlog'>
  readonly events: Pick<Events, 'requeued' | 'discarded' | 'destinationDeed'>
  wake(kind: DestinationKind, destination: string): void
  /** the destinations of the configuration */
  readonly destinations: readonly { readonly kind: DestinationKind; readonly name: string }[]
}

/** What became of an act, and the page to go on with. */
interface Done extends Notice {
  readonly next: string
}

/** deeds that share a commit; deliveries that one act moves; how many are looked through for them */
const AT_ONCE = 200
const MOST = 10_000
const LOOKED = 50_000

/** The act that a form carries; undefined for what is none. */
export function readAct(form: URLSearchParams): Act | undefined {
  const field = (name: string) => form.get(name) ?? ''
  const act = field('act')
  if (act === 'retry' || act === 'discard') return { act, id: field('id') }
  if (act === 'retry-group' || act === 'discard-group') return { act, group: field('group'), until: field('until') }
  return act === 'pause' || act === 'resume' ? { act, kind: field('kind'), name: field('name') } : undefined
}

/**
 * Does what an operator asked the page for; each deed leaves a trace row that says `by` whom, in its commit. A running gateway tells
 * them in its log as it tells those of the commands (createDeedTeller). Rejects as the store does.
 */
export function createActs(parts: ActParts): (act: Act, by: string) => Promise<Done> {
  const { store, events, clock, wake, destinations } = parts

  function deed(action: 'retry' | 'discard', id: string, by: string): Promise<boolean> {
    return store[action](id, clock.now(), (delivery) => {
      const of = { by, was: delivery.state }
      return (action === 'retry' ? events.requeued(delivery, of) : events.discarded(delivery, of)).trace
    })
  }

  async function one(action: 'retry' | 'discard', id: string, by: string): Promise<Done> {
    const done = await deed(action, id, by)
    const now = await store.show(id)
    if (done && now !== undefined) wake(now.kind, now.destination)
    const text = done ? (action === 'retry' ? 'It is due now.' : 'It is discarded.') : whyNot(now)
    return { done, text, next: link('/delivery', { id }) }
  }

  async function group(action: 'retry' | 'discard', key: string, until: number, by: string): Promise<Done> {
    const held = await store.list({ states: ['held'], limit: LOOKED })
    const meant = held.filter((row) => groupOf(row) === key && row.updatedAt <= until)
    const rows = meant.slice(0, MOST)
    let done = 0
    for (let i = 0; i < rows.length; i += AT_ONCE) {
      const results = await Promise.all(rows.slice(i, i + AT_ONCE).map(({ id }) => deed(action, id, by)))
      done += results.filter((one) => one).length
    }
    const [first] = rows
    if (first !== undefined) wake(first.kind, first.destination)
    const left = meant.length - rows.length
    const rest = left > 0 ? ` ${left} more are left: do it again.` : ''
    const text = `${done} of ${rows.length} ${action === 'retry' ? 'are due now' : 'are discarded'}.${rest}`
    return { done: done > 0, text, next: '/held' }
  }

  async function hold(act: 'pause' | 'resume', kind: string, name: string, by: string): Promise<Done> {
    const rows = await store.backlog()
    const row = rows.find((one) => one.kind === kind && one.destination === name)
    const known = row ?? destinations.find((one) => one.kind === kind && one.name === name)
    if (known === undefined) return { done: false, text: 'There is no such destination.', next: '/' }
    const next = link('/destination', { kind, name })
    const already = unneeded(act, row)
    if (already !== undefined) return { done: false, text: already, next }
    const event = act === 'pause' ? 'paused' : 'resumed'
    const { trace } = events.destinationDeed(event, { kind: known.kind, destination: name, by })
    if (act === 'pause') await store.pause(known.kind, name, { since: clock.now(), by }, trace)
    else await store.resume(known.kind, name, trace)
    wake(known.kind, name)
    const text = act === 'pause' ? 'is paused; what is being sent now still goes' : 'is resumed: what waited goes out'
    return { done: true, text: `${word(kind)} ${name} ${text}.`, next }
  }

  return (act, by) => {
    switch (act.act) {
      case 'retry':
      case 'discard':
        return one(act.act, act.id, by)
      case 'retry-group':
        return group('retry', act.group, Number(act.until), by)
      case 'discard-group':
        return group('discard', act.group, Number(act.until), by)
      default:
        return hold(act.act, act.kind, act.name, by)
    }
  }
}

function unneeded(act: 'pause' | 'resume', row: Backlog | undefined): string | undefined {
  if (act === 'resume') return row?.paused ? undefined : 'It was not paused.'
  return row?.paused ? `It is paused already, by ${row.paused.by}.` : undefined
}

function whyNot(delivery: DeliverySummary | undefined): string {
  if (delivery === undefined) return 'There is no such delivery.'
  if (delivery.state === 'sending') return 'It is being sent at this moment: wait until that has failed.'
  if (delivery.state === 'delivered') return 'It is delivered already.'
  return 'Its document is no longer kept.'
}
