import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { it } from 'node:test'
import { createMetrics } from '../../src/metrics.ts'
import { page, ROOT } from './markdown.ts'

const guide = page('docs/guide.md')
const sources = globSync('src/**/*.ts', { cwd: ROOT }).map((file) => page(file))

/** What stands between backquotes in the guide. */
const quoted = new Set([...guide.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? ''))

function missing(names: Iterable<string>): string[] {
  return [...new Set(names)].filter((name) => !quoted.has(name))
}

function inSource(pattern: RegExp): string[] {
  return sources.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))
}

it('the guide has every metric, and no other', () => {
  const metrics = createMetrics().registry.getMetricsAsArray()
  assert.deepEqual(missing(metrics.map((metric) => metric.name)), [])
  const known = new Set(metrics.map((metric) => metric.name))
  const named = [...guide.matchAll(/^\| `(iodef_gateway_\w+)` \|/gm)].map((match) => match[1] ?? '')
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  )
})

it('the guide has every event of the log', () => {
  const events = page('src/events.ts')
  const named = [...events.matchAll(/(?:say|intake|delivery|happening)\(\s*(?:[\w.? ']+ : )?'([a-z-]+)'/g)].map(
    (m) => m[1] ?? '',
  )
  const said = [...events.matchAll(/say\([^,]+, '([a-z-]+)'/g)].map((match) => match[1] ?? '')
  const levels = ['error', 'warn', 'info', 'debug']
  const all = [...named, ...said].filter((name) => !levels.includes(name))
  assert.ok(all.length > 15, all.join())
  assert.deepEqual(missing(all), [])
})

it('the guide has every code of denials and refusals', () => {
  const codes = [
    ...inSource(/\bdenied\(\s*'([a-z-]+)'/g),
    ...inSource(/\bproblem\(\s*'([a-z-]+)'/g),
    ...inSource(/refuse\(options, message, '([a-z-]+)'/g),
  ]
  assert.ok(codes.length > 10, codes.join())
  assert.deepEqual(missing(codes), [])
})

it('the guide has every code of a grid that is away', () => {
  const codes = [...page('src/errors.ts').matchAll(/'(grid-[a-z]+)'/g)].map((match) => match[1] ?? '')
  assert.ok(codes.length >= 5)
  assert.deepEqual(missing(codes), [])
})

it('the README has every status that the RID endpoint answers', () => {
  const readme = page('README.md')
  const statuses = new Set(
    globSync('src/{rid,relay}/*.ts', { cwd: ROOT }).flatMap((file) =>
      [...page(file).matchAll(/(?:status: |refused\(|, )([45]\d\d)\b/g)].map((match) => match[1] ?? ''),
    ),
  )
  // told to those who do not speak HTTP properly, or too slowly
  for (const bare of ['408', '431', '429', '425', '502', '504']) statuses.delete(bare)
  assert.ok(statuses.size >= 7, [...statuses].join())
  for (const status of statuses) assert.match(readme, new RegExp(`^\\|[^|]*\\b${status}\\b`, 'm'), status)
})
