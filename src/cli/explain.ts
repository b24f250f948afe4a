import type { Config, PeerConfig } from '../config/types.ts'
import { didYouMean } from '../did-you-mean.ts'
import { explainQuestion } from '../exchange/explain-question.ts'
import { createReader, type Reader } from '../reading/reader.ts'
import { type ExplainedItem, type Explanation, explain as explainDocument } from '../relay/explain.ts'
import { readNamed } from './input.ts'
import { CONFIG, configWithoutLogin, nothingMore, parse, required } from './options.ts'
import { type Command, type ExitCode, json, printable, UsageError, write } from './output.ts'

export const explain: Command = {
  name: 'explain',
  summary: 'says what would happen to a document: route, restriction, Topic, items, which peers get it',
  usage: 'iodef-gateway explain FILE --peer NAME [--config FILE] [--json]',
  help: `
Reads and judges FILE as the gateway does when the peer NAME sends it, and says what would be answered, and why: the route of each
Incident, the element and line that decide its restriction, the Topic, the size of each item, and which peers would be sent it or why
not. Sends and stores nothing; needs neither network nor password. "-" reads standard input. Of a question it says whom it would be
asked of, and of no answer.

      --peer NAME     the peer of the configuration that would send it
  -c, --config FILE   the configuration [gateway.yaml]
      --json          one JSON object

Exit code 0: it would be approved, or asked. 1: refused or denied.

  iodef-gateway explain report.xml --peer csirt-a --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, { ...CONFIG, peer: { type: 'string' }, json: { type: 'boolean' } })
    const file = required(positionals[0], 'FILE')
    nothingMore(positionals.slice(1))
    const name = required(values.peer, '--peer NAME')
    const config = configWithoutLogin(values, io)
    const peer = peerNamed(config, name)
    const bytes = await readNamed(file)
    await using reader = createReader({ threads: 1, deadlineMs: 60_000 })
    const found = await whatBecomesOf(config, peer, bytes, reader)
    await write(io.out, values.json ? json({ file, peer: name, ...found }) : describe(file, name, found))
    return found.answer === 'approved' || found.answer === 'asked' ? 0 : 1
  },
}

/** Of a document, or a question, that the peer would send. */
export function whatBecomesOf(
  config: Config,
  peer: PeerConfig,
  bytes: Uint8Array,
  reader: Reader,
): Promise<Explanation> {
  return explainDocument(config, peer, bytes, reader, (inspection) => explainQuestion(config, peer, inspection))
}

/** Throws UsageError when there is none. */
export function peerNamed({ peers }: Config, name: string): PeerConfig {
  const peer = peers.find((candidate) => candidate.name === name)
  if (peer !== undefined) return peer
  const names = peers.map((candidate) => candidate.name)
  throw new UsageError(`there is no peer ${name} in the configuration${didYouMean(name, names)}`)
}

function describe(file: string, peer: string, found: Explanation): string {
  const { answer, status, code, reason, format, msgType, asked, needs, repairs, incidents, items } = found
  const word = answer === 'refused' ? `refused: HTTP ${status}` : `${answer}: ${SAID[answer]}`
  const lines = [`${file} from ${peer} would be ${word}`]
  if (code !== null) lines.push(`  because: ${reason} [${code}]`)
  if (format !== 'unknown') lines.push(`  it is: ${format}${msgType === null ? '' : `, a ${msgType}`}`)
  if (repairs.length > 0) lines.push(`  repaired first: ${repairs.join(', ')}`)
  if (asked.length > 0) lines.push(`  whom: ${asked.join(', ')}`)
  for (const { restriction, because } of needs) {
    lines.push(`  it counts as: "${restriction}"${because === null ? '' : `, by ${because}`}`)
  }
  for (const { incident, purpose, route } of incidents) {
    lines.push(`  Incident ${incident}, purpose "${purpose}": ${route ?? 'no route'}`)
  }
  return `${[...lines, ...items.flatMap(describeItem)].map(printable).join('\n')}\n`
}

const SAID = {
  approved: 'HTTP 200, Approved',
  asked: 'HTTP 200 with the answer, or the promise of one',
  denied: 'HTTP 200, Denied',
} as const

function describeItem({ topic, incident, id, bytes, limit, upload, peers }: ExplainedItem): string[] {
  const size = `${upload ? 'by upload, ' : ''}${bytes} of at most ${limit} bytes`
  return [
    `  Topic ${topic} gets ${incident}: item ${id.slice(0, 16)}..., ${size}`,
    ...peers.map(
      ({ peer, sent, reason, form }) =>
        `    ${peer} ${sent ? `is sent it${form === 'IODEF 2' ? '' : ` as ${form}`}` : `is not: ${reason}`}`,
    ),
  ]
}
