import type { Backlog, DeliverySummary } from '../store/contract.ts'
import type { DestinationKind } from '../vocabulary.ts'
import { actForm, deliveryLink, frame, incidentLink, sessionOf, type Viewer, word } from './frame.ts'
import { ago, type Html, html, moment, sentence } from './html.ts'
import type { Readiness } from './readiness.ts'

interface At {
  readonly kind: DestinationKind
  readonly name: string
  readonly row: Backlog | undefined
  readonly part: Readiness['parts'][string] | undefined
  /** the newest that are not settled, oldest first */
  readonly open: readonly DeliverySummary[]
}

/** One Topic, peer or JID: whether it takes anything, and what waits for it. */
export function destinationPage(viewer: Viewer, { kind, name, row, part, open }: At): string {
  const title = `${word(kind)} ${name}`
  const state =
    part &&
    html`<p><span class="${part.state}">${part.state}</span> <span class="dim small">for ${ago(Date.parse(part.since), viewer.now)}</span> ${sentence(part.reason ?? '')}</p>`
  const counts =
    row && html`<p>${row.pending} pending, ${row.sending} being sent, ${row.held} held, ${row.withheld} withheld.</p>`
  const paused =
    row?.paused &&
    html`<p><span class="degraded">Paused</span> by ${row.paused.by} at ${moment(row.paused.since)}: what is for it is taken, and waits.</p>`
  const body = html`<section aria-labelledby="to"><h2 id="to">${title}</h2>${state}${counts}${paused}${acts(viewer, kind, name, row)}</section>
<section aria-labelledby="open"><h2 id="open">Not settled, the newest first</h2>${deliveries(open.toReversed(), viewer.now)}</section>`
  return frame(viewer, { title, body })
}

function acts(viewer: Viewer, kind: string, name: string, row: Backlog | undefined): Html | undefined {
  const session = sessionOf(viewer)
  if (session === undefined) return undefined
  const form = row?.paused
    ? actForm(session, { act: 'resume', kind, name }, 'Resume: send what waits')
    : actForm(session, { act: 'pause', kind, name }, 'Pause …', 'Yes, send nothing to it until it is resumed')
  return html`<div class="acts">${form}</div>`
}

function deliveries(rows: readonly DeliverySummary[], now: number): Html {
  if (rows.length === 0) return html`<p>Nothing.</p>`
  const each = rows.map(({ id, state, incident, source, createdAt, attempts, reason }) => {
    const tries = attempts === 1 ? 'one try' : `${attempts} tries`
    return html`<div class="one"><p><strong class="${state === 'held' ? 'failed' : ''}">${state}</strong> ${deliveryLink(id)} · ${incidentLink(incident)}</p>
<p class="dim small">from ${source}, ${ago(createdAt, now)} ago, ${tries}</p><p>${sentence(reason ?? '')}</p></div>`
  })
  return html`${each}`
}
