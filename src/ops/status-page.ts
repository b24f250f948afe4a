import type { RecentEvent } from '../events/recent.ts'
import type { Backlog, DeliverySummary } from '../store/contract.ts'
import type { Flow } from './flow.ts'
import { flowSection } from './flow-section.ts'
import { destinationLink, frame, mayRead, type Viewer } from './frame.ts'
import { heldGroups } from './held.ts'
import { heldGroup } from './held-page.ts'
import { ago, type Html, html, moment, sentence } from './html.ts'
import { type Readiness, type Verdict, verdictOf } from './readiness.ts'

export interface Status {
  readonly viewer: Viewer
  readonly readiness: Readiness
  /** undefined: the store cannot be read */
  readonly backlog: readonly Backlog[] | undefined
  /** some of what is held, oldest first */
  readonly held: readonly DeliverySummary[]
  readonly flow: readonly Flow[]
  /** the latest first */
  readonly recent: readonly RecentEvent[]
  /** it is not read anew by itself */
  readonly still: boolean
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  works: 'Works: reports are taken, and go where they should.',
  'needs-you': 'Needs you: reports are taken, but something is wrong.',
  'cannot-take': 'Cannot take reports.',
}
const TITLES: Readonly<Record<Verdict, string>> = {
  works: '',
  'needs-you': 'NEEDS YOU: ',
  'cannot-take': 'CANNOT TAKE REPORTS: ',
}
/** groups of what is held, and lines of what happened: the rest has pages of its own */
const GROUPS = 5
const LINES = 20

/** The page somebody on call looks at first: what works, what needs somebody, what flows, what happened. */
export function statusPage(status: Status): string {
  const { viewer, readiness, backlog, flow, still } = status
  const verdict = verdictOf(readiness)
  const body = html`<p class="verdict ${verdict}">${VERDICTS[verdict]}</p>
${needsYou(status)}
${flowSection(flow, backlog, viewer)}
${fine(readiness, viewer.now)}
${lately(status)}
<footer class="dim small">On the machine: <code>iodef-gateway queue list</code>, <code>iodef-gateway trace INCIDENT-ID</code>. For programs:
<a href="/ready">/ready</a>, <a href="/metrics">/metrics</a>, <a href="/queue.json">/queue.json</a>, <a href="/refused.json">/refused.json</a></footer>`
  return frame(viewer, { title: `${TITLES[verdict]}${viewer.name}`, at: '/', refresh: !still, body })
}

function needsYou({ readiness, held, backlog, viewer }: Status): Html | undefined {
  const wrong = Object.entries(readiness.parts)
    .filter(([, { state }]) => state !== 'ok')
    .toSorted(([, a], [, b]) => Number(b.state === 'failed') - Number(a.state === 'failed'))
  const waiting = (backlog ?? []).reduce((sum, row) => sum + row.held, 0)
  if (wrong.length === 0 && waiting === 0) return undefined
  const parts = wrong.map(([part, { state, since, reason }]) => {
    const head = html`<h3><span class="${state}">${state}</span> ${partName(part, viewer)} <span class="dim small">for ${ago(Date.parse(since), viewer.now)}</span></h3>`
    return html`<div class="one">${head}<p>${sentence(reason ?? '')}</p></div>`
  })
  return html`<section aria-labelledby="needs"><h2 id="needs">What needs you</h2>${parts}${heldHere(held, waiting, viewer)}</section>`
}

function heldHere(held: readonly DeliverySummary[], waiting: number, viewer: Viewer): Html | undefined {
  if (waiting === 0) return undefined
  const number = waiting === 1 ? 'One delivery is held' : `${waiting} deliveries are held`
  if (!mayRead(viewer)) {
    return html`<div class="one"><p>${number}: <a href="/sign-in">sign in</a> to see which, and why.</p></div>`
  }
  const groups = heldGroups(held).slice(0, GROUPS)
  return html`${groups.map((group) => heldGroup(group, viewer, 3))}<p class="one">${number}: <a href="/held">see all, and what to do</a>.</p>`
}

/** `topic:incident` leads to that Topic. */
function partName(part: string, viewer: Viewer): Html {
  const [, kind = '', name = ''] = /^(topic|peer|jid|file):(.+)$/s.exec(part) ?? []
  return kind !== '' && mayRead(viewer) ? destinationLink(kind, name, part) : html`${part}`
}

function fine({ parts }: Readiness, now: number): Html | undefined {
  const good = Object.entries(parts).filter(([, { state }]) => state === 'ok')
  if (good.length === 0) return undefined
  const items = good.map(
    ([part, { since }]) =>
      html`<li><span class="ok">ok</span> ${part} <span class="dim small">${ago(Date.parse(since), now)}</span></li>`,
  )
  return html`<section aria-labelledby="fine"><h2 id="fine">What works</h2><ul class="fine">${items}</ul></section>`
}

function lately({ recent, viewer }: Status): Html | undefined {
  if (!mayRead(viewer)) return undefined
  const lines = recent
    .slice(0, LINES)
    .map(
      ({ at, level, text }) =>
        html`<div class="one"><p class="dim small">${moment(at)} · <span class="${level}">${level}</span></p><p>${text}</p></div>`,
    )
  const shown = lines.length === 0 ? html`<p>Nothing since the start.</p>` : html`${lines}`
  return html`<section aria-labelledby="lately"><h2 id="lately">Lately</h2>${shown}</section>`
}
