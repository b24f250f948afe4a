import { type Loaded, readConfig } from '../config/config.ts'
import { describe, type Problem } from '../config/problems.ts'
import type { Restricted } from '../config/restricted.ts'
import type { Config } from '../config/types.ts'
import { messageOf } from '../errors.ts'
import { missingFrom } from '../iodef/restriction.ts'
import { createReader } from '../reading/reader.ts'
import { checkFiles, type FileFinding } from './check-files.ts'
import { checkOnline } from './check-online.ts'
import { CONFIG, nothingMore, parse, required } from './options.ts'
import { type Command, type ExitCode, type Io, json, printable, write } from './output.ts'

interface Report {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly notes: readonly Problem[]
  /** only with --online */
  readonly unreachable: readonly Problem[]
}

export const check: Command = {
  name: 'check',
  summary: 'reads the configuration and everything it names, and says every problem at once',
  usage: 'iodef-gateway check --config FILE [--online] [--json]',
  help: `
Reads FILE and what it names: certificates and their keys, CAs, revocation lists, the password, the store's directory. Says
every problem at once, each with its key path and line. Changes nothing; the gateway may be running.

  -c, --config FILE   the configuration
      --online        also connects to the Controller and to every peer with a url (exit code 3 when one is out of reach)
      --json          one JSON object: {"ok", "problems", "warnings", "notes", "unreachable"}

  iodef-gateway check --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, { ...CONFIG, online: { type: 'boolean' }, json: { type: 'boolean' } })
    nothingMore(positionals)
    const file = required(values.config, '--config FILE')
    const loaded = readConfig(file, io.env)
    const report = await examine(loaded, values.online === true)
    const ok = report.problems.length === 0
    if (values.json) await write(io.out, json({ ok, ...report }))
    else await say(file, loaded.config, report, io)
    if (!ok) return 2
    return report.unreachable.length === 0 ? 0 : 3
  },
}

async function examine({ config, problems, warnings, files, restricted }: Loaded, online: boolean): Promise<Report> {
  const found = checkFiles(files, Date.now())
  const of = (...kinds: FileFinding['kind'][]): Problem[] =>
    found.filter((f) => kinds.includes(f.kind)).map(({ path, message }) => ({ path, message }))
  const bad = [...problems, ...of('problem', 'refused'), ...(await checkSchemas())]
  return {
    problems: bad,
    warnings: [...warnings, ...of('warning')],
    notes: unlabelled(restricted),
    unreachable: online && config !== undefined ? await checkOnline(config) : [],
  }
}

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

/** RFC 7970 §3.3.1: an Incident without restriction is private. Many legacy tools never write one. */
function unlabelled(restricted: readonly Restricted[]): Problem[] {
  return restricted.flatMap(({ path, kind, restrictions }) => {
    if (missingFrom(restrictions, ['private']) === undefined) return []
    const fate = kind === 'topic' ? 'denied on the way to it' : 'withheld from it'
    const message = `does not list private: reports whose Incident has no restriction attribute count as private and are ${fate}`
    return [{ path: `${path}.restrictions`, message }]
  })
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
  const { peers = [], routes = [], grid } = config ?? {}
  await write(
    io.out,
    `${file}: good (${count(peers.length, 'peer')}, ${count(grid?.topics.length ?? 0, 'Topic')}, ${count(routes.length, 'route')})\n`,
  )
}
