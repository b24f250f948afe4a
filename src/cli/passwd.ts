import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { user as userId } from '../config/fields.ts'
import { hashPassword } from '../password-hash.ts'
import { readNamed } from './input.ts'
import { nothingMore, parse } from './options.ts'
import { type Command, type ExitCode, type Io, UsageError, write } from './output.ts'

/** characters: fewer are guessed, also against what scrypt costs; bytes */
const LEAST = 12
const MOST = 256

export const passwd: Command = {
  name: 'passwd',
  summary: 'makes the hash of a password, for a peer without certificate',
  usage: 'iodef-gateway passwd [USER] [--generate]',
  help: `
Asks for a password, twice and without showing it, and prints the line that identity of a peer takes; without USER the hash alone, for a
file or a variable. Where standard input is no terminal, the password is its first line. Fewer than ${LEAST} characters are refused. What is
printed is no password, and keeps it from nobody who can guess: a file with it is for the gateway alone, too (chmod 600).

      --generate   makes a password that nobody guesses, and shows it on standard error, once

rid.basic: true must be set as well: docs/guide.md says what it costs.

  iodef-gateway passwd csirt-b
  iodef-gateway passwd --generate > csirt-b.hash
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, { generate: { type: 'boolean' } })
    const [user, ...more] = positionals
    nothingMore(more)
    const name = user === undefined ? undefined : userOf(user)
    const password = values.generate ? await generated(io) : await asked(io)
    const flaw = flawOf(password)
    if (flaw !== undefined) throw new UsageError(flaw)
    const hash = await hashPassword(password)
    const line = name === undefined ? hash : `basic: { user: ${JSON.stringify(name)}, password: "${hash}" }`
    await write(io.out, `${line}\n`)
    return 0
  },
}

function userOf(written: string): string {
  const { data } = userId.safeParse(written)
  if (data === undefined) throw new UsageError(`"${written}" is no user: 1 to 64 characters on one line, no colon`)
  return data
}

function flawOf(password: string): string | undefined {
  if ([...password].length < LEAST) return `the password has fewer than ${LEAST} characters; --generate makes one`
  if (Buffer.byteLength(password) > MOST) return `the password is longer than ${MOST} bytes`
  // RFC 7617 §2
  return /\p{Cc}/u.test(password) ? 'the password has control characters, which HTTP Basic cannot carry' : undefined
}

async function generated(io: Io): Promise<string> {
  const password = randomBytes(18).toString('base64url')
  await write(io.err, `password: ${password}\n`)
  return password
}

async function asked(io: Io): Promise<string> {
  return process.stdin.isTTY ? await askedTwice(io) : firstLine(await readNamed('-'))
}

function firstLine(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n.*$/s, '')
  } catch {
    throw new UsageError('the password is not in UTF-8')
  }
}

/** Lines of the terminal, whose characters go nowhere: it shows nothing from before the first is asked for until the last is there. */
async function askedTwice(io: Io): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  const { promise: gone, reject } = Promise.withResolvers<never>()
  const over = () => reject(new UsageError('no password was given'))
  lines.on('SIGINT', over)
  lines.on('close', over)
  const ask = async (prompt: string) => {
    await write(io.err, prompt)
    const line = await Promise.race([lines.question(''), gone])
    await write(io.err, '\n')
    return line
  }
  try {
    const once = await ask('Password: ')
    if (once !== (await ask('Once more: '))) throw new UsageError('the two are not the same')
    return once
  } finally {
    lines.close()
  }
}
