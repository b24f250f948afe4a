import { traceWords } from '../events/trace-words.ts'
import type { DeliverySummary, TraceEvent } from '../store/contract.ts'
import { deliveryLink, destinationLink, frame, type Viewer } from './frame.ts'
import { type Html, html, moment, sentence } from './html.ts'

/** rows of one search, the newest; deliveries below them */
const NEWEST = 500
const DELIVERIES = 100

interface Found {
  /** as it was typed; undefined before anything is */
  readonly asked: string | undefined
  readonly events: readonly TraceEvent[]
  readonly now: readonly DeliverySummary[]
}

/** "Where is my incident?": the same as the trace command. */
export function tracePage(viewer: Viewer, { asked, events, now }: Found): string {
  const search = html`<section aria-labelledby="trace"><h2 id="trace">Where is my incident?</h2>
<form method="get" action="/trace" role="search"><label for="incident">IncidentID, or name of the CSIRT and IncidentID</label>
<div class="ask"><input id="incident" name="incident" value="${asked}" maxlength="1000" autocomplete="off" autocapitalize="off" spellcheck="false" required><button>Search</button></div></form></section>`
  const none =
    asked !== undefined && events.length === 0 && html`<section><p>Nothing is known of ${asked}.</p></section>`
  const shown = [...Map.groupBy(events.slice(-NEWEST), ({ incident }) => incident)].map(
    ([incident, rows]) => html`<section><h2>${incident}</h2>${timeline(rows)}</section>`,
  )
  const left = events.length - NEWEST
  const more =
    left > 0 && html`<p class="dim">${left} older events are not shown: <code>iodef-gateway trace</code> has all.</p>`
  const body = html`${search}${none || undefined}${more || undefined}${shown}${standing(now)}`
  return frame(viewer, { title: asked ?? 'Trace', at: '/trace', body })
}

/** What happened, in order. */
export function timeline(events: readonly TraceEvent[]): Html {
  if (events.length === 0) return html`<p>Nothing that the trace has.</p>`
  const rows = events.map(({ at, event, fields }) => {
    const { delivery, ...rest } = fields
    const of = typeof delivery === 'string' && html` · ${deliveryLink(delivery)}`
    const kind = { held: 'failed', refused: 'failed', denied: 'degraded', retried: 'degraded' }[event] ?? ''
    return html`<div class="one"><p class="dim small">${moment(at)}${of || undefined}</p><p><strong class="${kind}">${event}</strong> ${sentence(traceWords(rest))}</p></div>`
  })
  return html`${rows}`
}

function standing(now: readonly DeliverySummary[]): Html | undefined {
  if (now.length === 0) return undefined
  const rows = now
    .slice(-DELIVERIES)
    .map(
      ({ id, kind, destination, state, reason }) =>
        html`<li>${deliveryLink(id)} · <span class="${state === 'held' ? 'failed' : ''}">${state}</span> · ${destinationLink(kind, destination)} <span class="dim">${sentence(reason ?? '')}</span></li>`,
    )
  return html`<section aria-labelledby="now"><h2 id="now">Where it stands now</h2><ul class="ids">${rows}</ul></section>`
}
