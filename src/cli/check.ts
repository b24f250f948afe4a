import { type Loaded, readConfig } from '../config/config.ts'
import { describe, type Problem } from '../config/problems.ts'
import type { Config } from '../config/types.ts'
import { messageOf } from '../errors.ts'
import { createReader } from '../reading/reader.ts'
import { checkOnline } from './check-online.ts'
import { examine } from './examine.ts'
import { CONFIG, configFile, nothingMore, parse } from './options.ts'
import { type Command, type ExitCode, type Io, json, printable, write } from './output.ts'

interface Report {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly notes: readonly Problem[]
  /** only with --online */
  readonly unreachable: readonly Problem[]
}

const OPTIONS = {
  online: { type: 'boolean' },
  'deny-warnings': { type: 'boolean' },
  json: { type: 'boolean' },
} as const

export const check: Command = {
  name: 'check',
  summary: 'reads the configuration and everything it names, and says every problem at once',
  usage: 'iodef-gateway check [--config FILE] [--online] [--deny-warnings] [--json]',
  help: `
Reads FILE and what it names: certificates and their keys, CAs, revocation lists, the password, the store's directory. Says
every problem at once, each with its key path and line. Changes nothing; the gateway may be running.

  -c, --config FILE   the configuration [gateway.yaml]
      --online        also says what start would meet: logs in to the Controller, looks at the Broker, Topics, rights, members,
                      kept items and limits, completes TLS with each peer that has a url and asks GET /, tries the ports,
                      asks PostgreSQL for its synchronous standby, and says whether that is encrypted.
                      Publishes and sends nothing. Exit code 3 when something is out of reach
      --deny-warnings exit code 2 for a warning, too: for CI
      --json          one JSON object: {"ok", "problems", "warnings", "notes", "unreachable"}

  iodef-gateway check --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, { ...CONFIG, ...OPTIONS })
    nothingMore(positionals)
    const file = configFile(values, io)
    const loaded = readConfig(file, io.env)
    const said = await report(loaded, values.online === true)
    const ok = said.problems.length === 0
    if (values.json) await write(io.out, json({ ok, ...said }))
    else await say(file, loaded.config, said, io)
    if (!ok || (values['deny-warnings'] && said.warnings.length > 0)) return 2
    return said.unreachable.length === 0 ? 0 : 3
  },
}

async function report(loaded: Loaded, online: boolean): Promise<Report> {
  const { problems, warnings, notes } = examine(loaded, Date.now())
  const schemas = await checkSchemas()
  // without its files it would fail in ways that say less than what is said already
  const ready = online && problems.length + schemas.length === 0 ? loaded.config : undefined
  const found = ready === undefined ? NOTHING : await checkOnline(ready)
  const placed = (list: readonly Problem[]) =>
    list.map(({ path, message }): Problem => {
      const line = loaded.lineOf(path)
      return { path, message, ...(line !== undefined && { line }) }
    })
  return {
    problems: [...problems, ...schemas, ...placed(found.problems)],
    warnings: [...warnings, ...placed(found.warnings)],
    notes: [...notes, ...placed(found.notes)],
    unreachable: placed(found.unreachable),
  }
}

const NOTHING = { problems: [], warnings: [], notes: [], unreachable: [] }

/** The built-in schemas: they fail to compile only when the installation is broken. */
async function checkSchemas(): Promise<Problem[]> {
  await using reader = createReader({ threads: 1 })
  try {
    await reader.warm()
    return []
  } catch (error) {
    return [{ path: '', message: `the schemas do not compile; install the package again: ${messageOf(error)}` }]
  }
}

async function say(file: string, config: Config | undefined, report: Report, io: Io): Promise<void> {
  const lines: string[] = []
  const part = (word: string, list: readonly Problem[]) => {
    for (const problem of list) lines.push(`${word}  ${printable(describe(problem))}`)
  }
  part('problem', report.problems)
  part('unreachable', report.unreachable)
  part('warning', report.warnings)
  part('note   ', report.notes)
  if (report.problems.length > 0) {
    const n = report.problems.length
    await write(io.err, `${lines.join('\n')}\n${file}: ${n === 1 ? 'one problem' : `${n} problems`}\n`)
    return
  }
  if (lines.length > 0) await write(io.err, `${lines.join('\n')}\n`)
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
  const n = report.warnings.length
  const verdict = n === 0 ? 'good' : `can be used, with ${n === 1 ? 'one warning' : `${n} warnings`}`
  // root may read and write what the gateway may not
  const seen = process.getuid?.() === 0 ? '; seen as root, not as the user that the gateway runs as' : ''
  const { peers = [], routes = [], grid } = config ?? {}
  await write(
    io.out,
    `${file}: ${verdict} (${count(peers.length, 'peer')}, ${count(grid?.topics.length ?? 0, 'Topic')}, ${count(routes.length, 'route')}${seen})\n`,
  )
}
