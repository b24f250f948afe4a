/** What the command line says of itself: what the man pages and the completion are made from. */
import { Writable } from 'node:stream'
import { run } from '../../src/cli/cli.ts'

export interface CommandHelp {
  readonly name: string
  readonly summary: string
  readonly usage: string
  /** paragraphs, options, examples, exit codes */
  readonly text: string
  /** words that may stand first behind the command, as `list` and `retry` of `queue` */
  readonly actions: readonly string[]
  /** as written: `--config`, `-c` */
  readonly options: readonly string[]
}

export interface Help {
  readonly version: string
  /** of all commands together: how the configuration is found, exit codes */
  readonly overview: string
  readonly commands: readonly CommandHelp[]
}

/** Asks each command for its `--help`. */
export async function readHelp(): Promise<Help> {
  const overview = await say('--help')
  const version = (await say('--version')).trim().split(' ').at(-1) ?? ''
  const listed = [...overview.matchAll(/^ {2}([a-z]+) +(?!-)(\S.*)$/gm)]
  const commands = await Promise.all(
    listed.map(async ([, name = '', summary = '']) => readCommand(name, summary, await say(name, '--help'))),
  )
  return { version, overview, commands }
}

/** Exported for its test: `help` as a command prints it. */
export function readCommand(name: string, summary: string, help: string): CommandHelp {
  const [, usage = '', text = ''] = /^Usage: ([^\n]*)\n\n(.*)$/s.exec(help) ?? []
  if (usage === '') throw new Error(`the help of ${name} does not begin with its usage`)
  const options = [...text.matchAll(/^ {2}(?: {4}|(-\w), )(--[a-z][a-z-]*)/gm)].flatMap(([, short, long = '']) =>
    short === undefined ? [long] : [long, short],
  )
  const words = usage
    .slice(`iodef-gateway ${name} `.length)
    .replace(/ \[.*$/, '')
    .split('|')
  const actions = words.every((word) => /^[a-z]/.test(word)) ? words.map((word) => word.split(' ')[0] ?? '') : []
  return { name, summary, usage, text, options: [...new Set([...options, '--help'])], actions: [...new Set(actions)] }
}

async function say(...args: string[]): Promise<string> {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  const code = await run(args, { out: stream, err: stream, env: {} })
  if (code !== 0) throw new Error(`iodef-gateway ${args.join(' ')} ended with ${code}: ${text}`)
  return text
}
