import { readFileSync } from 'node:fs'
import { ConfigError, describe } from '../config/problems.ts'
import { didYouMean } from '../did-you-mean.ts'
import { GatewayError } from '../errors.ts'
import { type Command, type ExitCode, type Io, printable, reasonOf, UsageError, write } from './output.ts'

/** Loaded one at a time: `--help` need not wait for the XML engine and the XMPP client. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  reload: async () => (await import('./reload.ts')).reload,
  check: async () => (await import('./check.ts')).check,
  init: async () => (await import('./init.ts')).init,
  validate: async () => (await import('./validate.ts')).validate,
  explain: async () => (await import('./explain.ts')).explain,
  test: async () => (await import('./test.ts')).test,
  send: async () => (await import('./send.ts')).send,
  probe: async () => (await import('./probe.ts')).probe,
  peers: async () => (await import('./peers.ts')).peers,
  passwd: async () => (await import('./passwd.ts')).passwd,
  topics: async () => (await import('./topics.ts')).topics,
  tail: async () => (await import('./tail.ts')).tail,
  queue: async () => (await import('./queue.ts')).queue,
  exchanges: async () => (await import('./exchanges.ts')).exchanges,
  store: async () => (await import('./store-care.ts')).store,
  trace: async () => (await import('./trace.ts')).trace,
  audit: async () => (await import('./audit.ts')).audit,
}

const EXIT = 'Exit codes: 0 done, 1 the answer is no, 2 bad usage or configuration, 3 could not reach what it needs.\n'

/** Runs one command line (without node and script) and says how the process should end. Never throws. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const [first, ...rest] = args
  try {
    if (first === undefined) {
      await write(io.err, await overview())
      return 2
    }
    if (first === '--version' || first === '-V') return await print(io, `iodef-gateway ${version()}\n`)
    if (first === '--help' || first === '-h') return await print(io, await overview())
    if (first === 'help') return await print(io, rest[0] === undefined ? await overview() : help(await find(rest[0])))
    const command = await find(first)
    const end = rest.indexOf('--')
    const options = end < 0 ? rest : rest.slice(0, end)
    if (options.includes('--help') || options.includes('-h')) return await print(io, help(command))
    return await runCommand(command, rest, io)
  } catch (error) {
    return await explain(error, io)
  }
}

async function runCommand(command: Command, args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await command.run(args, io)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const more = `iodef-gateway ${command.name} --help`
    await write(
      io.err,
      `iodef-gateway ${command.name}: ${printable(error.message)}\nUsage: ${command.usage}\nMore: ${more}\n`,
    )
    return 2
  }
}

async function find(name: string): Promise<Command> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load !== undefined) return await load()
  const option = name.startsWith('-')
  const hint = didYouMean(name, option ? ['--help', '--version'] : Object.keys(COMMANDS))
  throw new UsageError(`there is no ${option ? 'option' : 'command'} ${name}${hint}; see iodef-gateway --help`)
}

/** Turns what went wrong into words for a person and an exit code. */
async function explain(error: unknown, io: Io): Promise<ExitCode> {
  if (isClosedPipe(error)) return 0
  let text = `iodef-gateway: ${printable(reasonOf(error))}\n`
  if (error instanceof ConfigError) {
    const many = error.problems.length === 1 ? 'one problem' : `${error.problems.length} problems`
    text = `${error.file}: ${many}\n${error.problems.map((p) => `  ${printable(describe(p))}\n`).join('')}`
  }
  await write(io.err, text).catch(() => undefined)
  if (error instanceof UsageError) return 2
  if (!(error instanceof GatewayError)) return 3
  return error.code === 'config-invalid' || error.code === 'usage' ? 2 : 3
}

/** The reader (`head`, a pager) has seen enough. */
function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  return `iodef-gateway ${version()}: RID over HTTPS (RFC 6545, RFC 6546) to and from XMPP-Grid (RFC 8600)

Usage: iodef-gateway COMMAND [options]

${commands.map((command) => `  ${command.name.padEnd(10)}${command.summary}\n`).join('')}
  iodef-gateway COMMAND --help   explains a command, with examples
  iodef-gateway --version

Without --config a command takes what IODEF_GATEWAY_CONFIG names, else gateway.yaml, else /etc/iodef-gateway/gateway.yaml.
${EXIT}`
}

function help(command: Command): string {
  return `Usage: ${command.usage}\n\n${command.help.trim()}\n\n${EXIT}`
}

async function print(io: Io, text: string): Promise<ExitCode> {
  await write(io.out, text)
  return 0
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
