import { statSync } from 'node:fs'
import type { Line } from '../audit/chain.ts'
import { filesOf, type Verified, verify } from '../audit/verify.ts'
import { parseDuration } from '../config/units.ts'
import { GatewayError, messageOf } from '../errors.ts'
import { actionOf, CONFIG, configWithoutLogin, nothingMore, parse } from './options.ts'
import { type Command, type ExitCode, type Io, json, printable, UsageError, write } from './output.ts'

const ACTIONS = ['verify', 'list'] as const

export const audit: Command = {
  name: 'audit',
  summary: 'verifies and lists the log of who did what',
  usage:
    'iodef-gateway audit verify [FILE...] [--expect HASH]|list [--since TIME] [--who NAME] [--what WORD] [--config FILE] [--json]',
  help: `
Each entry of the log has the SHA-256 of the line before it: whoever changes one, takes one out or puts one in breaks the chain. Whoever
cuts off its end does not; --expect tells, with a hash that was logged elsewhere (audit-head) or printed here before.

  verify [FILE...]   reads the log with all its older files, or these files alone, in this order
  list               prints entries, the oldest first; of those files, too

  -c, --config FILE   the configuration, which says where the log is [gateway.yaml]
      --expect HASH   an entry that must be there
      --since TIME    2026-11-26, 2026-11-26T18:00:00Z, or 2h for the last two hours
      --who NAME      as it is printed: operator:alice, peer:csirt-a, client:192.0.2.1, gateway; or its first letters
      --what WORD     as it is printed: discarded, denied, published ...; several with commas
      --json          verify: {"whole", "entries", "head", "broken", "torn"}; list: a line for each entry, as it is

Exit code 0: whole. 1: broken, with file, line and reason. 3: it cannot be read.

  iodef-gateway audit verify --config gateway.yaml
  iodef-gateway audit list --since 1d --who operator
`,
  async run(args, io): Promise<ExitCode> {
    const text = { type: 'string' } as const
    const options = { ...CONFIG, expect: text, since: text, who: text, what: text, json: { type: 'boolean' } } as const
    const { values, positionals } = parse(args, options)
    const [word, ...files] = positionals
    const action = actionOf('audit', word, ACTIONS)
    if (action === 'list') nothingMore(files)
    const named = files.length > 0 ? files : logOf(values, io)
    if (action === 'verify') return sayVerified(read(named, values.expect?.toLowerCase()), values, io)
    const isMeant = filter(values, Date.now())
    const lines: string[] = []
    read(named, undefined, (entry) => {
      if (isMeant(entry)) lines.push(values.json ? JSON.stringify(entry) : described(entry))
    })
    for (const line of lines) await write(io.out, `${printable(line)}\n`)
    return 0
  },
}

function logOf(values: { config?: string | undefined }, io: Io): string[] {
  const path = configWithoutLogin(values, io).audit?.path
  if (path === undefined) throw new UsageError('the configuration has no audit.path: there is no such log')
  return found(() => filesOf(path), path)
}

function found(look: () => string[], path: string): string[] {
  try {
    const files = look()
    if (files.length > 0) return files
  } catch (error) {
    throw new GatewayError('audit-unavailable', messageOf(error), { cause: error })
  }
  throw new GatewayError('audit-unavailable', `There is no ${path} yet.`)
}

function read(files: readonly string[], expected?: string, each?: (entry: Line) => void): Verified {
  try {
    for (const file of files) statSync(file)
    return verify(files, expected, each)
  } catch (error) {
    throw new GatewayError('audit-unavailable', messageOf(error), { cause: error })
  }
}

async function sayVerified(
  { files, entries, head, broken, torn, hasExpected }: Verified,
  { json: asJson, expect }: { json?: boolean | undefined; expect?: string | undefined },
  io: Io,
): Promise<ExitCode> {
  const whole = broken === undefined && hasExpected
  if (asJson) {
    await write(io.out, json({ whole, entries, head: head ?? null, broken: broken ?? null, torn, hasExpected }))
    return whole ? 0 : 1
  }
  for (const { file, line, reason } of torn) await write(io.out, `${printable(file)}: line ${line} ${reason}\n`)
  if (broken) await write(io.err, `${printable(broken.file)}: broken at line ${broken.line}: it ${broken.reason}\n`)
  else if (!hasExpected) await write(io.err, `no entry has the hash ${printable(expect ?? '')}: the end was cut off\n`)
  else {
    const last = head === undefined ? '' : `, the last is ${head.seq} with hash ${head.hash}`
    await write(
      io.out,
      `whole: ${entries} entries in ${files.length} ${files.length === 1 ? 'file' : 'files'}${last}\n`,
    )
  }
  return whole ? 0 : 1
}

interface Meant {
  readonly since?: string | undefined
  readonly who?: string | undefined
  readonly what?: string | undefined
}

function filter({ since, who, what }: Meant, now: number): (entry: Line) => boolean {
  const from = since === undefined ? Number.NEGATIVE_INFINITY : moment(since, now)
  const words = what?.split(',').map((word) => word.trim())
  return (entry) =>
    Date.parse(entry.at) >= from &&
    (who === undefined || entry.who.startsWith(who)) &&
    (words === undefined || words.includes(entry.what))
}

function moment(written: string, now: number): number {
  const ago = parseDuration(written)
  const at = ago === undefined ? Date.parse(written) : now - ago
  if (Number.isNaN(at)) throw new UsageError(`--since takes a time, as 2026-11-26T18:00:00Z, or a duration, as 2h`)
  return at
}

function described({ seq, at, prev: _, who, what, ...fields }: Line): string {
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return [String(seq), at, who, what, ...rest].join('  ')
}
