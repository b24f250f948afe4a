import type { DeliverySummary } from '../store/contract.ts'
import { actForm, deliveryLink, destinationLink, frame, incidentLink, sessionOf, type Viewer } from './frame.ts'
import { type HeldGroup, heldGroups } from './held.ts'
import { ago, type Html, html, link, sentence } from './html.ts'

/** deliveries of each group, and of one that is asked for; groups */
const NEWEST = 5
const OF_ONE = 200
const GROUPS = 100

/** All that is held, by destination and reason; or one of these groups. `rows` are the newest of `total`, oldest first. */
export function heldPage(
  viewer: Viewer,
  rows: readonly DeliverySummary[],
  { total, group }: { readonly total: number; readonly group: string | undefined },
): string {
  const all = heldGroups(rows)
  const groups = group === undefined ? all.slice(0, GROUPS) : all.filter(({ key }) => key === group)
  const more =
    total > rows.length &&
    html`<p>The newest ${rows.length} of ${total} were looked at: <code>iodef-gateway queue stats</code> counts all.</p>`
  const none = group === undefined ? 'Nothing is held.' : 'Nothing is held any more for this destination and reason.'
  const shown = groups.map((one) => {
    return heldGroup(one, viewer, group === undefined ? NEWEST : OF_ONE, groupActs(one.key, one.rows.length, viewer))
  })
  const body = html`<section aria-labelledby="held"><h2 id="held">Held</h2>
<p class="dim">What failed for good, or for too long, waits here for you: mend the cause, then retry. Nothing else is stopped by it.</p>
${more || undefined}${shown.length === 0 ? html`<p>${none}</p>` : shown}</section>`
  return frame(viewer, { title: 'Held', at: '/held', body })
}

/** One group with its `most` newest deliveries, and what may be done to all of it. */
export function heldGroup(
  { key, kind, destination, reason, rows }: HeldGroup,
  { now }: Viewer,
  most: number,
  acts?: Html,
): Html {
  const ids = rows
    .slice(0, most)
    .map(
      ({ id, incident, source, updatedAt }) =>
        html`<li>${deliveryLink(id)} · ${incidentLink(incident)} <span class="dim small">from ${source}, ${ago(updatedAt, now)} ago</span></li>`,
    )
  const left = rows.length - ids.length
  const rest = left > 0 && html`<li><a href="${link('/held', { group: key })}">${left} more</a></li>`
  return html`<div class="one"><h3><span class="failed">${rows.length} held</span> for ${destinationLink(kind, destination)}</h3>
<p>${sentence(reason)}</p><ul class="ids">${ids}${rest || undefined}</ul>${acts}</div>`
}

function groupActs(group: string, count: number, viewer: Viewer): Html | undefined {
  const session = sessionOf(viewer)
  if (session === undefined) return undefined
  const until = String(viewer.now)
  const all = count === 1 ? 'it' : `all ${count}`
  return html`<div class="acts">${actForm(session, { act: 'retry-group', group, until }, `Retry ${all}`)}
${actForm(session, { act: 'discard-group', group, until }, `Discard ${all} …`, `Yes, discard ${all}`)}</div>`
}
