import { createHash } from 'node:crypto'
import type { RecentEvent } from '../events/recent.ts'
import { printable } from '../printable.ts'
import type { Backlog } from '../store/contract.ts'
import { type Readiness, type Verdict, verdictOf } from './readiness.ts'

interface Status {
  readonly name: string
  readonly version: string
  readonly readiness: Readiness
  /** undefined: the store cannot be read */
  readonly backlog: readonly Backlog[] | undefined
  /** the latest first */
  readonly recent: readonly RecentEvent[]
  /** ms since the epoch */
  readonly now: number
}

const STYLE = `
:root{color-scheme:light dark;--good:#1a7f37;--bad:#c62828;--warn:#9a6700;--line:#8884}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.3rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
.verdict{font-weight:600;padding:.5rem .8rem;border-left:.35rem solid var(--good);background:#8881}
.verdict.needs-you{border-color:var(--warn)}.verdict.cannot-take{border-color:var(--bad)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.ok{color:var(--good)}.bad,.failed,.error{color:var(--bad);font-weight:600}.warn,.degraded{color:var(--warn);font-weight:600}
time,.dim{opacity:.75}td time{white-space:nowrap}
@media (prefers-color-scheme:dark){:root{--good:#56d364;--bad:#ff7b72;--warn:#e3b341}}`

/** No script, nothing from elsewhere: only this one style sheet. */
export const STATUS_CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

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

/** The page somebody on call looks at first: what works, what waits, what happened. Self-contained HTML. */
export function statusPage({ name, version, readiness, backlog, recent, now }: Status): string {
  const verdict = verdictOf(readiness)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="5"><title>${TITLES[verdict]}${text(name)} · iodef-gateway</title>
<style>${STYLE}</style></head><body>
<h1>iodef-gateway ${text(name)}</h1>
<p class="dim">version ${text(version)} · ${moment(now)} · refreshes every 5 s</p>
<p class="verdict ${verdict}">${VERDICTS[verdict]}</p>
<h2>Parts</h2>
${partsTable(readiness, now)}
<h2>Queue</h2>
${backlogTable(backlog, now)}
<h2>Lately</h2>
${recentTable(recent)}
<p class="dim">Operators: <code>iodef-gateway queue list</code>, <code>iodef-gateway trace INCIDENT-ID</code>; for machines
<a href="/ready">/ready</a>, <a href="/metrics">/metrics</a>, <a href="/queue.json">/queue.json</a></p>
</body></html>
`
}

function partsTable({ parts }: Readiness, now: number): string {
  // what is wrong first
  const rank = { failed: 0, degraded: 1, ok: 2 } as const
  const sorted = Object.entries(parts).toSorted(([, a], [, b]) => rank[a.state] - rank[b.state])
  const rows = sorted.map(([part, { state, since, reason }]) => {
    return `<tr><td>${text(part)}</td><td class="${state}">${state}</td><td>${ago(Date.parse(since), now)}</td><td>${text(reason ?? '')}</td></tr>`
  })
  return `<table><tr><th>part</th><th>state</th><th>for</th><th>reason</th></tr>${rows.join('')}</table>`
}

function backlogTable(rows: readonly Backlog[] | undefined, now: number): string {
  if (rows === undefined) return '<p class="bad">The store cannot be read.</p>'
  if (rows.length === 0) return '<p>Nothing waits.</p>'
  const cells = rows.map((row) => {
    const held = `<td class="n${row.held > 0 ? ' bad' : ''}">${row.held}</td>`
    const oldest = row.oldest === null ? '' : ago(row.oldest, now)
    return `<tr><td>${text(row.kind)} ${text(row.destination)}</td><td class="n">${row.pending}</td><td class="n">${row.sending}</td>${held}<td class="n">${row.withheld}</td><td>${oldest}</td></tr>`
  })
  return `<table><tr><th>destination</th><th class="n">pending</th><th class="n">sending</th><th class="n">held</th><th class="n">withheld</th><th>oldest waits</th></tr>${cells.join('')}</table>`
}

function recentTable(recent: readonly RecentEvent[]): string {
  if (recent.length === 0) return '<p>Nothing since the start.</p>'
  const rows = recent.map(
    ({ at, level, text: line }) =>
      `<tr><td>${moment(at)}</td><td class="${level}">${level}</td><td>${text(line)}</td></tr>`,
  )
  return `<table>${rows.join('')}</table>`
}

function moment(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

/** `42 s`, `5 min`, `3 h`, `2 d` */
function ago(then: number, now: number): string {
  const s = Math.max(0, Math.round((now - then) / 1000))
  if (s < 90) return `${s} s`
  if (s < 5400) return `${Math.round(s / 60)} min`
  return s < 172_800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} d`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function text(value: string): string {
  return printable(value).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c)
}
