import { systemClock } from '../clock.ts'
import { type Loaded, readConfig } from '../config/config.ts'
import { ConfigError, describe } from '../config/problems.ts'
import type { Config } from '../config/types.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { ProcessNews } from '../events/process.ts'
import { createTeller } from '../events/teller.ts'
import { leastOf } from '../events/wanted.ts'
import { codeOf, networkWords } from '../failure-words.ts'
import type { ConfigSource } from '../gateway/reload.ts'
import { createGateway, type Gateway } from '../gateway.ts'
import { giveBackWhenIdle } from '../give-back.ts'
import { createLog, flushLog, type Logger } from '../log.ts'
import { stdout } from '../log-output.ts'
import { textLine } from '../log-text.ts'
import type { Tell } from '../tell.ts'
import { checkFiles } from './check-files.ts'
import { endProcess } from './end-process.ts'
import { examine } from './examine.ts'
import { CONFIG, configFile, nothingMore, parse } from './options.ts'
import { type Command, type ExitCode, type Io, printable, write } from './output.ts'
import { keepHeapSmall } from './small-heap.ts'

/** ms until a stop that hangs is forced; above what the gateway gives itself to drain */
const STOP_DEADLINE = 30_000

export const start: Command = {
  name: 'start',
  summary: 'runs the gateway until SIGTERM or SIGINT',
  usage: 'iodef-gateway start [--config FILE]',
  help: `
Logs JSON lines on standard output, text where that is a terminal; one line on standard error says when it serves. It does not wait
for the grid: reports are taken and kept until the Controller is there.

  -c, --config FILE   the configuration [gateway.yaml]

  SIGTERM, SIGINT   takes nothing new, lets finish what is being sent, ends; a second one ends at once
  SIGHUP            reads the configuration and the files that it names again, as \`reload\` does; also done by itself within a minute
                    when one of them changes

Health: GET /ready, /live, /metrics and, for people, / on the address of "ops" [http://127.0.0.1:9590/].

  iodef-gateway check --config gateway.yaml && iodef-gateway start --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, CONFIG)
    nothingMore(positionals)
    keepHeapSmall()
    const file = configFile(values, io)
    const config = await usable(file, readConfig(file, io.env), io)
    const log = createLog(leastOf(config.log), logStream())
    const tell: Tell<ProcessNews> = createTeller({ log, levels: () => config.log, clock: systemClock })
    const stop = stopSignals()
    endOnBugs(tell)
    const source: ConfigSource = { file, read: () => checked(readConfig(file, io.env)) }
    const gateway = await begin(config, { log, source, tell })
    process.on('SIGHUP', () => void gateway.reload())
    giveBackWhenIdle()
    await write(io.err, `${serving(config, gateway)}\n`)
    const signal = await stop
    tell('stopping', { signal })
    const deadline = setTimeout(() => end(tell, 'stop-forced'), STOP_DEADLINE)
    await gateway.drain()
    await gateway[Symbol.asyncDispose]()
    clearTimeout(deadline)
    tell('stopped', {})
    return 0
  },
}

/** What `check` says of it. */
function checked(loaded: Loaded): ReturnType<ConfigSource['read']> {
  const { problems } = examine(loaded, Date.now())
  const { config } = loaded
  return problems.length > 0 || config === undefined ? { problems } : { config, problems }
}

/** The configuration, when the gateway can start with it. What is past its time is said, and does not keep it from starting. */
async function usable(file: string, loaded: Loaded, io: Io): Promise<Config> {
  const files = checkFiles(loaded.files, Date.now())
  const problems = [...loaded.problems, ...files.filter(({ kind }) => kind === 'problem')]
  if (loaded.config === undefined || problems.length > 0) throw new ConfigError(file, problems)
  for (const warning of [...loaded.warnings, ...files])
    await write(io.err, `warning: ${printable(describe(warning))}\n`)
  return loaded.config
}

/** Turns the system's refusals to listen into 'could not reach what it needs'. */
async function begin(
  config: Config,
  { log, source, tell }: { log: Logger; source: ConfigSource; tell: Tell<ProcessNews> },
): Promise<Gateway> {
  try {
    return await createGateway(config, {
      log,
      source,
      onLost(err) {
        tell('disk-failed', { err })
        end(tell, 'ended')
      },
    })
  } catch (error) {
    if (error instanceof GatewayError) throw error
    throw new GatewayError('internal', `Cannot start: ${whyNot(error, config)}`, { cause: error })
  }
}

/** JSON lines for programs; text for a person, where standard output is a terminal. */
function logStream(): Parameters<typeof createLog>[1] {
  const out = stdout()
  if (!process.stdout.isTTY) return out
  const colour = process.stdout.hasColors()
  return { write: (line: string) => out.write(textLine(line, colour)) }
}

/** The system's refusal to listen, with the key that is to be changed. */
function whyNot(error: unknown, { rid, ops }: Config): string {
  const code = codeOf(error)
  const port = error instanceof Error && 'port' in error ? error.port : undefined
  if (code === undefined || port === undefined) return messageOf(error)
  const at = port === rid.port ? `rid.port: ${rid.host}` : `ops.port: ${ops.host}`
  return `${at}, port ${String(port)}, cannot be listened on: ${networkWords(code)}`
}

function serving({ rid, ops }: Config, { ports }: Gateway): string {
  const at = (host: string, port: number) => `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `iodef-gateway: serving RID on https://${at(rid.host, ports.rid)}/, health on http://${at(ops.host, ports.ops)}/ready`
}

/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once. */
function stopSignals(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) return endProcess(1)
      asked = true
      resolve(signal)
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}

/** What was accepted is on disk: after a bug, ending and being started again is safer than going on in an unknown state. */
function endOnBugs(tell: Tell<ProcessNews>): void {
  process.on('uncaughtException', (err) => {
    tell('bug', { err })
    end(tell, 'ended')
  })
}

function end(tell: Tell<ProcessNews>, why: 'ended' | 'stop-forced'): void {
  tell(why, {})
  flushLog()
  endProcess(1)
}
