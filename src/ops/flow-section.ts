import type { Backlog } from '../store/contract.ts'
import { destinationKey } from '../vocabulary.ts'
import type { Flow } from './flow.ts'
import { destinationLink, mayRead, type Viewer, word } from './frame.ts'
import { ago, type Html, html, table } from './html.ts'

const IN = ['from', 'last 5 min', 'since start', 'refused', 'last']
const OUT = ['to', 'last 5 min', 'since start', 'tried again', 'waiting', 'held', 'withheld', 'oldest waits', 'last']

/** What comes in and what goes out, by whom. */
export function flowSection(flow: readonly Flow[], backlog: readonly Backlog[] | undefined, viewer: Viewer): Html {
  const sources = flow.filter((one) => one.way === 'in')
  const taken = sources.map(({ name, lately, done, failed, last }) => [
    ...[{ text: name, kind: 'head' } as const, n(lately), n(done), n(failed), since(last, viewer.now)],
  ])
  const into = taken.length === 0 ? html`<p>No peer may send, and no Topic is read.</p>` : table(IN, taken)
  const lost = backlog === undefined && html`<p class="bad">The store cannot be read: what waits is not known.</p>`
  const out = sent(flow, backlog ?? [], viewer)
  const from = out.length === 0 ? html`<p>Nothing is sent anywhere.</p>` : table(OUT, out)
  return html`<section aria-labelledby="in"><h2 id="in">Taken in</h2>${into}</section>
<section aria-labelledby="out"><h2 id="out">Sent</h2>${lost || undefined}${from}</section>`
}

function sent(flow: readonly Flow[], backlog: readonly Backlog[], viewer: Viewer) {
  const flows = new Map(flow.flatMap((one) => (one.way === 'out' ? [[destinationKey(one.kind, one.name), one]] : [])))
  const rows = new Map(backlog.map((row) => [destinationKey(row.kind, row.destination), row]))
  return [...new Set([...flows.keys(), ...rows.keys()])].map((key) => {
    const one = flows.get(key)
    const row = rows.get(key)
    const kind = one?.kind ?? row?.kind ?? ''
    const name = one?.name ?? row?.destination ?? ''
    const called = mayRead(viewer) ? destinationLink(kind, name) : html`${word(kind)} ${name}`
    const paused = row?.paused ? html` <span class="degraded">paused</span>` : undefined
    return [
      { text: html`${called}${paused}`, kind: 'head' } as const,
      n(one?.lately ?? 0),
      n(one?.done ?? 0),
      n(one?.failed ?? 0),
      n((row?.pending ?? 0) + (row?.sending ?? 0)),
      { text: row?.held ?? 0, kind: (row?.held ?? 0) > 0 ? 'bad' : 'n' } as const,
      n(row?.withheld ?? 0),
      n(row?.oldest == null ? '' : ago(row.oldest, viewer.now)),
      since(one?.last ?? 0, viewer.now),
    ]
  })
}

function n(text: number | string) {
  return { text, kind: 'n' } as const
}

function since(last: number, now: number) {
  return n(last === 0 ? 'not yet' : `${ago(last, now)} ago`)
}
