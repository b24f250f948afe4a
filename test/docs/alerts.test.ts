import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { METRICS, type MetricRow } from '../../src/metrics.ts'
import { page } from './markdown.ts'

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook_url: string }
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly targets: readonly { readonly refId: string; readonly expr: string }[]
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
}

const rules = parse(page('examples/alerts.yml')) as { groups: [{ rules: Alert[] }] }
const alerts = rules.groups[0].rules
const dashboard = JSON.parse(page('examples/dashboard.json')) as { panels: Panel[] }
const headings = [...page('docs/runbook.md').matchAll(/^## (\w+)$/gm)].map(([, heading]) => heading ?? '')
const known = new Map(Object.values<MetricRow>(METRICS).map((row) => [row.name, row]))

/** The metrics of the table that an expression names, each with the labels that it is picked by. */
function metricsIn(expr: string): [name: string, labels: string[]][] {
  return [...expr.matchAll(/iodef_gateway_(\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', labels = '']) => [
    name.replace(/_bucket$/, ''),
    [...labels.matchAll(/(\w+)=/g)].map(([, label]) => label ?? ''),
  ])
}

function unknown(expr: string): string[] {
  return metricsIn(expr).flatMap(([name, labels]) => {
    if (/^(?:process|nodejs)_/.test(name)) return []
    const row = known.get(name)
    if (row === undefined) return [name]
    return labels
      .filter((label) => label !== 'instance' && !row.labels.includes(label))
      .map((label) => `${name}{${label}}`)
  })
}

test('each alert has a paragraph of the runbook, and its link leads there', () => {
  assert.ok(alerts.length > 15)
  for (const { alert, annotations } of alerts) {
    const [file, anchor = ''] = annotations.runbook_url.split('#')
    assert.equal(file, 'docs/runbook.md')
    assert.ok(
      headings.some((heading) => heading.toLowerCase() === anchor),
      alert,
    )
  }
  const linked = new Set(alerts.map(({ annotations }) => annotations.runbook_url.split('#')[1]))
  assert.deepEqual(
    headings.filter((heading) => !linked.has(heading.toLowerCase())),
    [],
  )
})

test('alerts and dashboard ask for nothing but what /metrics has', () => {
  for (const { alert, expr } of alerts) assert.deepEqual(unknown(expr), [], alert)
  for (const { title, targets } of dashboard.panels) {
    for (const { expr } of targets) assert.deepEqual(unknown(expr), [], title)
  }
  assert.deepEqual(unknown('iodef_gateway_nonsense > 1 or iodef_gateway_part_up{topic="x"}'), [
    'nonsense',
    'part_up{topic}',
  ])
})

test('the panels of the dashboard have ids of their own and do not overlap', () => {
  const { panels } = dashboard
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  for (const [i, { title, gridPos: a }] of panels.entries()) {
    assert.ok(a.x + a.w <= 24, title)
    for (const { gridPos: b } of panels.slice(i + 1)) {
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y
      assert.ok(apart, title)
    }
  }
})

test('an alert pages or files a ticket', () => {
  for (const { alert, labels, annotations } of alerts) {
    assert.match(labels.severity, /^(?:page|ticket)$/, alert)
    assert.match(annotations.summary, /\.$/, alert)
  }
})
