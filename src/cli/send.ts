import { ridUrl } from '../config/rid-url.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Inspection } from '../reading/inspection.ts'
import { createReader } from '../reading/reader.ts'
import type { OutgoingMessage, Receiver } from '../rid/contract.ts'
import { policyOf, renderMessage, SOURCE_NOT_FOUND } from '../rid/message.ts'
import { nodeOf, type RidSystem } from '../rid/node.ts'
import type { PeerResponse } from '../rid/reply-outcome.ts'
import { createRidSender } from '../rid/sender.ts'
import { untold } from '../tell.ts'
import { MSG_TYPES, type MsgType } from '../vocabulary.ts'
import { decode } from '../xml/decode.ts'
import { checkFiles } from './check-files.ts'
import { readNamed } from './input.ts'
import { nothingMore, parse, required } from './options.ts'
import { type Command, type ExitCode, type Io, printable, UsageError, write } from './output.ts'

const OPTIONS = {
  to: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  ca: { type: 'string' },
  type: { type: 'string' },
  name: { type: 'string' },
} as const

export const send: Command = {
  name: 'send',
  summary: 'acts as a RID client: sends one document to a RID system and prints the reply',
  usage: 'iodef-gateway send FILE --to URL --cert PEM --key PEM --ca PEM [--type Report]',
  help: `
A valid IODEF document is wrapped in a RID message; a RID message, or what is neither, is sent as it is. Prints the body of the
reply on standard output and what it means on standard error. "-" reads standard input.

      --to URL      https://HOST:PORT/, port 4590 when it says none
      --cert PEM    the client certificate, by which the RID system knows who sends
      --key PEM     its private key
      --ca PEM      the CA that the RID system's certificate must come from
      --type TYPE   MsgType of the message around IODEF [Report]: ${MSG_TYPES.join(', ')}
      --name NAME   the RID system's DNS name in RIDPolicy [that of URL]

Exit code 0: delivered. 1: refused or denied. 3: no answer.

  iodef-gateway send report.xml --to https://gateway.example:4590/ --cert me.pem --key me.key --ca ca.pem
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, OPTIONS)
    const file = required(positionals[0], 'FILE')
    nothingMore(positionals.slice(1))
    const to = receiver(required(values.to, '--to URL'))
    const tls = {
      cert: required(values.cert, '--cert PEM'),
      key: required(values.key, '--key PEM'),
      ca: required(values.ca, '--ca PEM'),
    }
    checkTls(tls)
    const msgType = msgTypeOf(values.type ?? 'Report')
    await using reader = createReader({ threads: 1, deadlineMs: 60_000 })
    let response: PeerResponse | undefined
    await using sender = createRidSender({
      receiver: to,
      tls,
      readReply: (body, charset) => reader.readReply(body, to.name, charset),
      tell: untold,
      observe: (seen) => {
        response = seen
      },
    })
    const bytes = await readNamed(file)
    const decoded = decode(bytes)
    if (!decoded.ok) {
      await write(io.err, `${printable(file)} is not XML and was not sent: ${printable(decoded.error.message)}\n`)
      return 1
    }
    const inspection = await reader.inspect(bytes)
    if (!inspection.valid) await write(io.err, `${printable(file)} ${describe(inspection)}; it is sent as it is\n`)
    const message = wrapped(inspection, msgType, values.name)
    const idle = (['type', 'name'] as const).filter((option) => values[option] !== undefined).map((o) => `--${o}`)
    if (message === undefined && idle.length > 0) {
      const verb = idle.length === 1 ? 'does' : 'do'
      await say(io, `${idle.join(' and ')} ${verb} nothing: ${file} is not wrapped, but sent as it is`)
    }
    const result = await sender.send(message ?? asItIs(decoded.text, inspection), new AbortController().signal)
    if (response?.body !== undefined && response.body.length > 0) await write(io.out, body(response.body))
    if (result.kind === 'delivered') {
      const note = result.note === undefined ? '' : `: ${result.note.text}`
      await say(io, `HTTP ${result.status}, delivered${note}`)
      return 0
    }
    await say(io, result.reason)
    return response === undefined ? 3 : 1
  },
}

function say(io: Io, text: string): Promise<void> {
  return write(io.err, `${printable(text)}\n`)
}

/** Node takes a CA file without a certificate for good, and then trusts nobody: better said before. */
function checkTls(tls: Readonly<Record<'cert' | 'key' | 'ca', string>>): void {
  const named = Object.entries(tls).map(([option, file]) => ({ path: `tls.${option}`, file }))
  const problem = checkFiles(named, Date.now()).find(({ kind }) => kind === 'problem')
  if (problem !== undefined) throw new UsageError(`${problem.path.replace('tls.', '--')}: ${problem.message}`)
}

function receiver(url: string): Receiver {
  const taken = ridUrl(url)
  if (taken === undefined) throw new UsageError('--to takes an https:// URL without a path: RID messages go to /')
  return { name: new URL(taken).host, url: taken, identity: {} }
}

function msgTypeOf(word: string): MsgType {
  const type = MSG_TYPES.find((t) => t === word)
  if (type === undefined) throw new UsageError(`there is no MsgType ${word}${didYouMean(word, MSG_TYPES)}`)
  return type
}

/** The document in a RID message for that RID system; undefined for what is sent as it is. */
function wrapped(
  { format, document }: Inspection,
  msgType: MsgType,
  name: string | undefined,
): OutgoingMessage | undefined {
  if (document === null || (format !== 'IODEF 2' && format !== 'IODEF 1')) return undefined
  const id = document.incidents[0]?.id ?? null
  const xml = document.original?.text ?? document.xml
  // nobody here found a source, and RFC 6545 §6.3 has none without
  const source = msgType === 'Result' ? SOURCE_NOT_FOUND : null
  const text = (to: RidSystem) => {
    const policy = policyOf(msgType, 'PeerToPeer', 'Network', nodeOf({ ...to, name: name ?? to.name }), id)
    return renderMessage(policy, { xml, version: document.version }, source)
  }
  return { write: text, msgType }
}

function describe({ format, errors }: Inspection): string {
  const first = errors[0]
  const what = format === 'unknown' ? 'is neither IODEF nor RID' : `is not valid ${format}`
  return first === undefined ? what : `${what} (line ${first.line}: ${printable(first.message)})`
}

/** The text goes out as UTF-8, so its XML declaration must not say otherwise. */
function asItIs(text: string, { rid }: Inspection): OutgoingMessage {
  const xml = text.replace(/^(<\?xml[^>]*?\sencoding\s*=\s*)("[^"]*"|'[^']*')/, '$1"UTF-8"')
  return { write: () => xml, msgType: MSG_TYPES.find((type) => type === rid?.msgType) }
}

/** The reply as text, with a line end, and without what could rewrite a terminal. */
function body(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8')
  return `${text.split('\n').map(printable).join('\n').trimEnd()}\n`
}
