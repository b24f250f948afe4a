import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import type { EventRow } from '../../src/events/row.ts'
import { EVENTS } from '../../src/events/table.ts'
import { DENIALS, REFUSALS } from '../../src/exchange/refusals.ts'
import { OBJECTIONS, TOO_LARGE } from '../../src/relay/judge.ts'
import { PLAN_OBJECTIONS } from '../../src/relay/plan-items.ts'
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

const events = Object.entries<Pick<EventRow<object>, 'level' | 'text' | 'help' | 'traced'>>(EVENTS)

/** The rows of the guide's table whose heading begins with this. */
function rowsBelow(heading: string): string[] {
  const [, table = ''] = guide.split(`\n| ${heading} |`)
  return (table.split('\n\n')[0] ?? '').split('\n').slice(2)
}

test('the guide has every event of a trace', () => {
  const [, line = ''] = /Events: ([^.]*)\./.exec(guide) ?? []
  const traced = events.flatMap(([event, row]) => (row.traced ? [event] : []))
  assert.deepEqual([...line.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]).sort(), traced.sort())
})

test('nothing that is told above debug goes without a word on what to do', () => {
  const silent = events.filter(([, { level, help }]) => level !== 'debug' && !help)
  assert.deepEqual(silent, [])
})

/** The codes in the first cell of each row, with what stands in the second. */
function codesBelow(heading: string): [code: string, second: string][] {
  return rowsBelow(heading).flatMap((row) => {
    const [, codes = '', second = ''] = row.split(/ ?\| ?/)
    return [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code = '']): [string, string] => [code, second])
  })
}

test('the guide has every code of a denial, and no other', () => {
  const denials = OBJECTIONS.filter(({ answer }) => answer.kind === 'denied')
  const codes = [...[...denials, ...PLAN_OBJECTIONS].map(({ name }) => name), ...Object.keys(DENIALS)]
  assert.deepEqual(new Set(codesBelow('code | reason').map(([code]) => code)), new Set(codes))
})

test('the guide has every code of a refusal, and no other, each with its HTTP status', () => {
  const refusals = [...OBJECTIONS, TOO_LARGE].flatMap(({ name, answer }): [string, string][] =>
    answer.kind === 'problem' ? [[name, String(answer.status)]] : [],
  )
  // what reading may end with, besides an Inspection
  const reading = (['intake-timeout', 'intake-memory', 'intake-failed', 'intake-busy', 'internal'] as const).map(
    (code): [string, string] => [code, new GatewayError(code).permanence === 'permanent' ? '400' : '503'],
  )
  const full = inSource(/refuse\(options, message, '([a-z-]+)'/g).map((code): [string, string] => [code, '503'])
  assert.deepEqual(full.length, 1)
  const sorted = (list: readonly [string, string][]) => [...new Map(list)].sort()
  const asking = Object.entries(REFUSALS).map(([code, { status }]): [string, string] => [code, String(status)])
  assert.deepEqual(sorted(codesBelow('code | HTTP')), sorted([...refusals, ...reading, ...full, ...asking]))
})

test('the guide has every code of a grid that is away', () => {
  const codes = [...page('src/errors.ts').matchAll(/'(grid-[a-z]+)'/g)].map((match) => match[1] ?? '')
  assert.ok(codes.length >= 5)
  assert.deepEqual(missing(codes), [])
})

test('the README has every status that the RID endpoint answers', () => {
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
