import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { osReason } from '../config/problems.ts'
import { readSource } from '../config/read.ts'
import type { Config } from '../config/types.ts'
import { createReader, type Reader } from '../reading/reader.ts'
import { differences, type Expectation, parseExpectation } from './expectation.ts'
import { peerNamed, whatBecomesOf } from './explain.ts'
import { readNamed } from './input.ts'
import { CONFIG, configWithoutLogin, nothingMore, parse, required } from './options.ts'
import { type Command, type ExitCode, json, printable, UsageError, write } from './output.ts'

const SUFFIX = '.expect.yaml'

interface Result {
  readonly document: string
  readonly peer: string
  readonly ok: boolean
  readonly differences: readonly string[]
}

export const test: Command = {
  name: 'test',
  summary: 'compares what would happen to documents with what is expected of it',
  usage: 'iodef-gateway test FOLDER [--config FILE] [--json]',
  help: `
For changes of a configuration, by hand or in CI. Beside each document NAME.xml of FOLDER stands NAME${SUFFIX}, which says for each
peer that might send it what has to happen; only what is written is compared:

  csirt-a: { answer: approved, topics: [incident], sent: [csirt-b] }
  csirt-b: { answer: denied, code: restriction, sent: [] }

answer is approved, denied or refused, or asked of a question that would be; code the word of log and trace; topics those that get an item; sent the peers that get one.
It is found out as by "explain", by what does it when it happens. Sends and stores nothing; needs neither network nor password.

  -c, --config FILE   the configuration [gateway.yaml]
      --json          [{"document", "peer", "ok", "differences"}]

Exit code 0: all is as expected. 1: something is not.

  iodef-gateway test expectations --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, { ...CONFIG, json: { type: 'boolean' } })
    const folder = required(positionals[0], 'FOLDER')
    nothingMore(positionals.slice(1))
    const config = configWithoutLogin(values, io)
    await using reader = createReader({ deadlineMs: 60_000 })
    const results: Result[] = []
    for (const expected of expectationsIn(folder, config)) results.push(await compare(config, reader, expected))
    if (values.json) await write(io.out, json(results))
    else await write(io.out, results.map(describe).join(''))
    const failed = results.filter(({ ok }) => !ok).length
    if (!values.json) await write(io.err, `${results.length - failed} of ${results.length} as expected\n`)
    return failed === 0 ? 0 : 1
  },
}

interface Expected {
  readonly document: string
  readonly peer: string
  readonly expectation: Expectation
}

/** Throws UsageError for what cannot be an expectation: a test that tests nothing would pass. */
function expectationsIn(folder: string, config: Config): Expected[] {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX))
  } catch (error) {
    throw new UsageError(`${folder} cannot be read: ${osReason(error)}`)
  }
  if (names.length === 0) throw new UsageError(`${folder} has no file that ends in ${SUFFIX}`)
  return names.toSorted().flatMap((name) => {
    const file = join(folder, name)
    const document = `${file.slice(0, -SUFFIX.length)}.xml`
    if (!existsSync(document)) throw new UsageError(`${file} stands beside no ${document}`)
    const { source, problems } = readSource(file)
    if (source === undefined) throw new UsageError(`${file}: ${problems.map(({ message }) => message).join('; ')}`)
    const written = Object.entries(source.value as Record<string, unknown>)
    if (written.length === 0) throw new UsageError(`${file} names no peer: it expects nothing`)
    return written.map(([peer, what]) => {
      peerNamed(config, peer)
      const expectation = parseExpectation(what)
      if (typeof expectation === 'string') throw new UsageError(`${file}: ${peer}: ${expectation}`)
      return { document, peer, expectation }
    })
  })
}

async function compare(config: Config, reader: Reader, { document, peer, expectation }: Expected): Promise<Result> {
  const found = await whatBecomesOf(config, peerNamed(config, peer), await readNamed(document), reader)
  const different = differences(expectation, found)
  return { document, peer, ok: different.length === 0, differences: different }
}

function describe({ document, peer, ok, differences: list }: Result): string {
  const lines = [`${ok ? 'ok     ' : 'NOT OK '}  ${document} from ${peer}`, ...list.map((line) => `           ${line}`)]
  return lines.map((line) => `${printable(line)}\n`).join('')
}
