/** Writes docs/reference.md from what the program itself has: model of the configuration, help of the commands, metrics, events. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { EventRow } from '../src/events/row.ts'
import { EVENTS } from '../src/events/table.ts'
import { METRICS, type MetricRow } from '../src/metrics.ts'
import { readHelp } from './deb/help.ts'
import { type Key, keys } from './reference/keys.ts'

const FILE = new URL('../docs/reference.md', import.meta.url)
const LEVELS = ['fatal', 'error', 'warn', 'info'] as const

/** Sections of the configuration, and where the guide explains what they do. */
const SEE: Readonly<Record<string, string>> = {
  rid: '[Certificates](guide.md#certificates), [limits](guide.md#limits-of-the-rid-endpoint)',
  peers: '[peers](guide.md#peers), [questions](guide.md#questions-and-answers)',
  grid: '[the XMPP side](guide.md#the-xmpp-side), [large documents](guide.md#large-documents)',
  'grid.topics': '[Topics](guide.md#topics), [who reads a Topic](guide.md#who-reads-a-topic)',
  'grid.participants': '[questions and reports from the grid](guide.md#questions-and-answers)',
  routes: '[routes](guide.md#routes), [asking on](guide.md#questions-and-answers)',
  store: '[running it](guide.md#running-it)',
  ops: '[health and metrics](guide.md#health-and-metrics), [the page](guide.md#the-page)',
  log: '[the log](guide.md#troubleshooting-the-log)',
  delivery: '[the queue](guide.md#the-queue)',
  exchanges: '[questions and answers](guide.md#questions-and-answers)',
  audit: '[who did what](guide.md#who-did-what)',
  archive: '[questions and answers](guide.md#questions-and-answers)',
}

/** The page as it should be. */
export async function reference(): Promise<string> {
  const help = await readHelp()
  const sections = new Map<string, Key[]>()
  for (const key of keys()) {
    const section = /^grid\.(topics|participants)(?=\[)/.exec(key.path)?.[0] ?? key.path.split(/[.[]/)[0] ?? ''
    sections.set(section, [...(sections.get(section) ?? []), key])
  }
  const exit = help.overview.trimEnd().split('\n').at(-1) ?? ''
  const commands = help.commands.map(({ name, summary, usage, text }) => {
    const body = text.replace(exit, '').trim()
    return `### ${name}\n\n${summary}.\n\n\`\`\`text\n${usage}\n\n${body}\n\`\`\`\n`
  })
  return `# Reference

\`scripts/reference.ts\` writes this page from the program itself: what is wrong here is wrong there. What to do with all of it is in the [guide](guide.md).

- [Configuration](#configuration)
- [Commands](#commands)
- [Metrics](#metrics)
- [Log](#log)

## Configuration

Keys of \`gateway.yaml\`. \`[]\` stands behind a list: each of its entries has the keys that follow. Where nothing stands as default, there is none.
Durations have a unit (\`ms\` \`s\` \`m\` \`h\` \`d\`), sizes too (\`B\` \`KB\` \`MB\` of 1000, \`KiB\` \`MiB\` of 1024). In place of any value \`\${NAME}\` stands for
an environment variable. Paths are relative to the file.

${[...sections].map(([name, rows]) => sectionOf(name, rows)).join('\n')}
## Commands

${exit}
Without \`--config\` they take what \`IODEF_GATEWAY_CONFIG\` names, else \`gateway.yaml\`, else \`/etc/iodef-gateway/gateway.yaml\`.

${commands.join('\n')}
## Metrics

On \`/metrics\` of [\`ops\`](guide.md#health-and-metrics), besides Node.js's own. Every series that the configuration knows of begins at 0.

| metric | type, labels | |
|---|---|---|
${Object.values<MetricRow>(METRICS).map(metricRow).join('\n')}

## Log

Every event above \`debug\`, the gravest first. [Codes and reasons](guide.md#troubleshooting-the-log) are in the guide.

| event | level | text | what it means, or what to do |
|---|---|---|---|
${LEVELS.flatMap(eventRows).join('\n')}
`
}

function sectionOf(name: string, rows: readonly Key[]): string {
  const see = SEE[name]
  if (see === undefined) throw new Error(`${name}: where does the guide explain it? Say so in scripts/reference.ts`)
  const lines = rows.map(
    ({ path, value, fallback, example, description }) =>
      `| \`${path}\` | ${value} | ${fallback} | ${example} | ${description} |`,
  )
  return `### ${name}\n\nIn the guide: ${see}.\n\n| key | value | default | example | |\n|---|---|---|---|---|\n${lines.join('\n')}\n`
}

function metricRow({ name, type, labels, help }: MetricRow): string {
  return `| \`iodef_gateway_${name}\` | ${labels.length === 0 ? type : `${type}: ${labels.join(', ')}`} | ${help} |`
}

function eventRows(gravest: (typeof LEVELS)[number]): string[] {
  return Object.entries<Pick<EventRow<object>, 'level' | 'text' | 'help'>>(EVENTS)
    .map(([event, { level, text, help }]) => ({ event, levels: [level].flat(), text, help }))
    .filter(({ levels }) => levels[0] === gravest)
    .map(
      ({ event, levels, text, help = '' }) =>
        `| \`${event}\` | ${levels.join(', ')} | ${text} | ${help.replaceAll('](#', '](guide.md#')} |`,
    )
}

export function writtenReference(): string {
  return readFileSync(FILE, 'utf8')
}

if (import.meta.main) writeFileSync(FILE, await reference())
