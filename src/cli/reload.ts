import { connect } from 'node:net'
import { readConfig } from '../config/config.ts'
import { describe, type Problem } from '../config/problems.ts'
import { GatewayError } from '../errors.ts'
import { codeOf, networkWords } from '../failure-words.ts'
import { type ControlAnswer, controlPath, RELOAD } from '../gateway/control.ts'
import { CONFIG, configFile, nothingMore, parse } from './options.ts'
import { type Command, type ExitCode, type Io, printable, write } from './output.ts'

/** ms: certificates of many peers are read, and the disk may be slow */
const PATIENCE = 60_000

export const reload: Command = {
  name: 'reload',
  summary: 'has the running gateway read its configuration again, and says what became of it',
  usage: 'iodef-gateway reload [--config FILE]',
  help: `
The gateway that runs on the store of FILE reads its configuration again, and the certificates, keys and lists that it names. It is
checked as by "check", then taken as a whole, or refused as a whole: then the old one stays. No connection and no report is lost.
Exit code 0 when it is in force, 1 when it was refused, with each reason.

  -c, --config FILE   the configuration [gateway.yaml]

SIGHUP does the same; what became of it is then in the log alone.

  iodef-gateway reload --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, CONFIG)
    nothingMore(positionals)
    const file = configFile(values, io)
    const { config, problems } = readConfig(file, io.env, { secrets: false })
    // where the store is may be what is wrong with it
    if (config === undefined) return await refused(file, problems, io)
    const answer = await ask(config.store.path)
    if (!answer.taken) return await refused(answer.file, answer.problems, io)
    await write(io.out, `${printable(answer.file)}: in force\n`)
    return 0
  },
}

async function refused(file: string, problems: readonly Problem[], io: Io): Promise<ExitCode> {
  const lines = problems.map((problem) => `problem  ${printable(describe(problem))}\n`)
  await write(io.err, `${lines.join('')}${printable(file)}: refused, the old one stays\n`)
  return 1
}

/** Asks the gateway that runs on this store. Throws GatewayError 'store-unavailable' where there is none. */
async function ask(store: string): Promise<ControlAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect(controlPath(store), () => socket.write(RELOAD))
  let said = ''
  socket.setEncoding('utf8')
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer in time')))
  socket.on('data', (text: string) => {
    said += text
  })
  socket.on('end', () => resolve(said))
  socket.on('error', reject)
  try {
    return JSON.parse(await promise) as ControlAnswer
  } catch (cause) {
    throw new GatewayError('store-unavailable', `No gateway that runs on ${store} answers: ${whyNot(cause)}`, { cause })
  } finally {
    socket.destroy()
  }
}

function whyNot(error: unknown): string {
  const code = codeOf(error)
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'none is running. Another store.path needs a restart'
  return networkWords(code ?? '') ?? (error instanceof Error ? error.message : String(error))
}
