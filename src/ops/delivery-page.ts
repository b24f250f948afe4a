import type { DeliverySummary, TraceEvent } from '../store/contract.ts'
import { actForm, destinationLink, frame, incidentLink, sessionOf, type Viewer } from './frame.ts'
import { type Html, html, moment, sentence } from './html.ts'
import { timeline } from './trace-page.ts'

const RETRIED = ['pending', 'held', 'withheld', 'discarded']
const DISCARDED = ['pending', 'held', 'withheld']
/** rows of what befell it, the newest */
const NEWEST = 200

/** One delivery: what it is, what befell it, what may be done. Never what it says. `events` are of its incident. */
export function deliveryPage(viewer: Viewer, delivery: DeliverySummary, events: readonly TraceEvent[]): string {
  const { id, state, direction, source, kind, destination, incident, also = [], item, attempts } = delivery
  const own = events.filter(({ fields }) => fields.delivery === id)
  const rows: readonly (readonly [string, Html])[] = [
    ['state', html`<span class="${state === 'held' ? 'failed' : ''}">${state}</span>`],
    ['reason', sentence(delivery.reason ?? '–')],
    ['to', destinationLink(kind, destination)],
    ['from', html`${source} (${direction})`],
    ['incident', incidentLink(incident)],
    ...(also.length === 0 ? [] : [['also', html`${also.map((one) => html`${incidentLink(one)} `)}`] as const]),
    ['attempts', html`${attempts}`],
    ['next attempt', delivery.nextAttempt === null ? html`–` : moment(delivery.nextAttempt)],
    ['taken in', moment(delivery.createdAt)],
    ['last changed', moment(delivery.updatedAt)],
    ['item id', html`<code>${item}</code>`],
  ]
  const head = rows.map(([key, value]) => html`<dt>${key}</dt><dd>${value}</dd>`)
  const body = html`<section aria-labelledby="one"><h2 id="one">Delivery ${id}</h2><dl>${head}</dl>${acts(viewer, delivery)}
<p class="dim small">The document itself is not shown here: <code>iodef-gateway queue show ${id}</code>.</p></section>
<section aria-labelledby="befell"><h2 id="befell">What befell it</h2>${timeline(own.slice(-NEWEST))}</section>`
  return frame(viewer, { title: `Delivery ${id}`, body })
}

function acts(viewer: Viewer, { id, state }: DeliverySummary): Html | undefined {
  const session = sessionOf(viewer)
  if (session === undefined) return undefined
  const retry = RETRIED.includes(state) && actForm(session, { act: 'retry', id }, 'Retry now')
  const discard = DISCARDED.includes(state) && actForm(session, { act: 'discard', id }, 'Discard …', 'Yes, discard it')
  return html`<div class="acts">${retry || undefined}${discard || undefined}</div>`
}
