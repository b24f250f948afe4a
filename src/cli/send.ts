import { isIP } from 'node:net'
import { readSecret } from '../config/config.ts'
import { user as userId } from '../config/fields.ts'
import { ridUrl } from '../config/rid-url.ts'
import type { TlsFiles } from '../config/types.ts'
import { parseDuration } from '../config/units.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Inspection } from '../reading/inspection.ts'
import { createReader, type Reader } from '../reading/reader.ts'
import { bareHost } from '../rid/agent.ts'
import type { OutgoingMessage, Receiver, Reply } from '../rid/contract.ts'
import type { PeerResponse } from '../rid/reply-outcome.ts'
import { createRidSender } from '../rid/sender.ts'
import { loadTrust } from '../rid/tls.ts'
import { untold } from '../tell.ts'
import { MSG_TYPES, type MsgType } from '../vocabulary.ts'
import { decode } from '../xml/decode.ts'
import { type Awaiting, awaitCallback } from './await-callback.ts'
import { readNamed } from './input.ts'
import { nothingMore, parse, required } from './options.ts'
import { type Addressed, answersTo, asItIs, incidentNamed, queryByNumber, wrapped } from './outgoing.ts'
import { type Command, type ExitCode, type Io, printable, UsageError, write } from './output.ts'
import { meaningOf } from './reply-words.ts'
import { cameOf, createAnswers, incidentsIn } from './send-answer.ts'
import { TLS, tlsOptions, trustOptions } from './tls-options.ts'
import { waitUntilAnswered } from './wait-until-answered.ts'

const OPTIONS = {
  to: { type: 'string' },
  ...TLS,
  user: { type: 'string' },
  'password-file': { type: 'string' },
  type: { type: 'string' },
  name: { type: 'string' },
  incident: { type: 'string' },
  wait: { type: 'string' },
  listen: { type: 'string' },
  json: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

export const send: Command = {
  name: 'send',
  summary: 'acts as a RID client: sends a document or a question to a RID system and prints the reply',
  usage:
    'iodef-gateway send FILE|--incident NAME/ID --to URL --cert PEM --key PEM --ca PEM [--type Report] [--wait 10m]',
  help: `
A valid IODEF document is wrapped in a RID message; a RID message, or what is neither, is sent as it is. Prints the body of the
reply on standard output and what it means on standard error. "-" reads standard input.

      --to URL      https://HOST:PORT/, port 4590 when it says none
      --cert PEM    the client certificate, by which the RID system knows who sends
      --key PEM     its private key
      --ca PEM      the CA that the RID system's certificate must come from
      --user USER   to a RID system that takes HTTP Basic: the user, instead of --cert and --key, or beside them
      --password-file FILE   holds its password
      --type TYPE   MsgType of the message around IODEF [Report]: ${MSG_TYPES.join(', ')}
      --name NAME   the RID system's DNS name, in RIDPolicy and in the certificate that it calls back with [that of URL]
      --json        {"to", "type", "outcome", "status", "reason", "token", "reply", "callbacks"}; a reply or callback is
                    {"outcome", "msgType", "justification", "incidents", "body"}

Questions (RFC 6545 section 7): --type Query asks for an incident by its number, or, with FILE, by what that document says;
InvestigationRequest and TraceRequest take a FILE.

      --incident NAME/ID   the IncidentID that is asked for; NAME/ID#INSTANCE where it has one
      --wait DURATION      where the answer is promised for later (202 and a token, or Pending): for how long to wait for it
      --listen [HOST:]PORT   where it is waited for, by TLS with the same certificate [every address, port 4590]

What comes by callback is printed, and answered 200. The command ends when the answer is there and, since an answer may have several
messages, nothing came for two seconds.

Exit code 0: delivered, answered, or promised for later. 1: refused or denied, nothing found, or no answer to what was asked. 3: nobody
there, or nothing came while it waited.

  iodef-gateway send report.xml --to https://gateway.example:4590/ --cert me.pem --key me.key --ca ca.pem
  iodef-gateway send --type Query --incident csirt-b.example/2026-7 --wait 10m --to https://gateway.example/ --cert me.pem --key me.key --ca ca.pem
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, OPTIONS)
    const [file] = positionals
    nothingMore(positionals.slice(1))
    const asked = readValues(values, file)
    await using reader = createReader({ threads: 1, deadlineMs: 60_000 })
    const made = file === undefined ? byNumber(asked) : await fromFile(file, asked, reader, values, io)
    if (made === undefined) return 1
    return await exchange(made, asked, reader, io)
  },
}

interface Asked extends Addressed {
  readonly to: Receiver
  readonly tls: TlsFiles
  /** without a certificate */
  readonly isBare: boolean
  readonly asJson: boolean
  readonly wait: number | undefined
  readonly listen: { readonly host: string; readonly port: number }
  /** DNS-ID of whoever calls back */
  readonly from: string | undefined
}

/** Throws UsageError for what cannot be meant. */
function readValues(values: Values, file: string | undefined): Asked {
  const msgType = msgTypeOf(values.type ?? 'Report')
  const incident = values.incident === undefined ? undefined : incidentNamed(values.incident)
  if (values.incident !== undefined && incident === undefined) {
    throw new UsageError('--incident takes NAME/ID: the name of the team that gave the number, and the number')
  }
  if (file === undefined && msgType !== 'Query') required(undefined, 'FILE')
  if (file === undefined && incident === undefined) throw new UsageError('a Query needs FILE or --incident NAME/ID')
  const wait = values.wait === undefined ? undefined : parseDuration(values.wait)
  if (values.wait !== undefined && !wait) throw new UsageError('--wait takes a duration, as 30s or 10m')
  const basic = basicOf(values)
  const to = receiver(required(values.to, '--to URL'), basic)
  const isBare = basic !== undefined && values.cert === undefined && values.key === undefined
  const tls = isBare ? trustOptions(values) : tlsOptions(values)
  if (isBare && wait !== undefined)
    throw new UsageError('--wait needs --cert and --key: whoever calls back asks for them')
  const host = bareHost(new URL(to.url))
  const from = values.name ?? (isIP(host) === 0 ? host : undefined)
  if (wait !== undefined && from === undefined) {
    throw new UsageError(
      '--wait needs --name NAME where URL has an address: who may call back is known by its DNS name',
    )
  }
  const listen = listenAt(values.listen ?? '4590')
  return { msgType, name: values.name, incident, to, tls, asJson: values.json === true, wait, listen, from, isBare }
}

function byNumber(asked: Asked): OutgoingMessage {
  const { incident } = asked
  if (incident === undefined) throw new UsageError('a Query needs FILE or --incident NAME/ID')
  return queryByNumber({ ...asked, incident })
}

/** Undefined, and says why, where the file is no text that could be sent. */
async function fromFile(
  file: string,
  asked: Asked,
  reader: Reader,
  values: Values,
  io: Io,
): Promise<OutgoingMessage | undefined> {
  const bytes = await readNamed(file)
  const decoded = decode(bytes)
  if (!decoded.ok) {
    await say(io, `${file} is not XML and was not sent: ${decoded.error.message}`)
    return undefined
  }
  const inspection = await reader.inspect(bytes)
  if (!inspection.valid) await say(io, `${file} ${describe(inspection)}; it is sent as it is`)
  const message = wrapped(inspection, asked)
  if (message !== undefined) return message
  const idle = (['type', 'name', 'incident'] as const).filter((option) => values[option] !== undefined)
  const useless = idle.filter((option) => option !== 'name' || asked.wait === undefined).map((o) => `--${o}`)
  if (useless.length > 0) {
    const verb = useless.length === 1 ? 'does' : 'do'
    await say(io, `${useless.join(' and ')} ${verb} nothing: ${file} is not wrapped, but sent as it is`)
  }
  return asItIs(decoded.text, inspection)
}

/** Sends it, and takes what comes back, at once and later. */
async function exchange(message: OutgoingMessage, asked: Asked, reader: Reader, io: Io): Promise<ExitCode> {
  const { to, tls, wait, asJson, from, isBare } = asked
  const { msgType } = message
  const answers = createAnswers(io, reader, { to: to.url, type: msgType ?? null }, asJson)
  const later = answersTo(msgType)
  if (wait !== undefined && later === null) {
    throw new UsageError(`--wait is for questions: nothing answers a ${msgType ?? 'message of no known type'} later`)
  }
  await using waiting = waitUntilAnswered(wait ?? 0, answers)
  await using stack = new AsyncDisposableStack()
  let awaiting: Awaiting | undefined
  if (wait !== undefined && from !== undefined) {
    // before it is sent: the answer may be as fast as its promise
    awaiting = stack.use(
      await awaitCallback({
        ...asked.listen,
        tls,
        from,
        answers: later ?? [],
        read: ({ body, charset }) => reader.readReply(body, from, charset),
        take: waiting.take,
        turnedAway: (why) => void answers.note(why),
      }),
    )
  }
  let response: PeerResponse | undefined
  let reply: Reply | undefined
  await using sender = createRidSender({
    receiver: to,
    tls,
    ...(isBare && { material: loadTrust(tls.ca) }),
    readReply: async (body, charset) => {
      reply = await reader.readReply(body, to.name, charset)
      return reply
    },
    tell: untold,
    observe: (seen) => {
      response = seen
    },
  })
  const result = await sender.send(message, new AbortController().signal)
  const incidents = await incidentsIn(reader, reply)
  const meaning = meaningOf({ msgType, result, response, reply, incidents })
  const body = response === undefined ? undefined : (response as PeerResponse).body
  const came = reply === undefined || body === undefined ? undefined : cameOf(meaning.outcome, reply, incidents, body)
  await answers.response(meaning, response, came)
  const isPromised = meaning.outcome === 'promised' || meaning.outcome === 'pending'
  if (awaiting === undefined || !isPromised) return await answers.end(meaning.exit)
  awaiting.expect((response as PeerResponse | undefined)?.callbackToken)
  return await answers.end(await waiting.end())
}

function say(io: Io, text: string): Promise<void> {
  return write(io.err, `${printable(text)}\n`)
}

/** Throws UsageError where one of the two is missing, or no user; the file is read when it is sent. */
function basicOf({ user: written, 'password-file': file }: Values): Receiver['basic'] {
  if (written === undefined && file === undefined) return undefined
  const { data: user } = userId.safeParse(required(written, '--user USER'))
  if (user === undefined) throw new UsageError('--user takes 1 to 64 characters on one line, without a colon')
  const path = required(file, '--password-file FILE')
  const readPassword = () => readSecret(path, '--password-file')
  if (readPassword() === '') throw new UsageError(`--password-file: ${path} is empty`)
  return { user, readPassword }
}

function receiver(url: string, basic: Receiver['basic']): Receiver {
  const taken = ridUrl(url)
  if (taken === undefined) throw new UsageError('--to takes an https:// URL without a path: RID messages go to /')
  return { name: new URL(taken).host, url: taken, identity: {}, ...(basic && { basic }) }
}

function listenAt(written: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]:|([^:]+):)?(\d{1,5})$/.exec(written) ?? []
  if (port === '' || Number(port) > 65_535) throw new UsageError('--listen takes PORT or HOST:PORT')
  return { host: bracketed ?? plain ?? '::', port: Number(port) }
}

function msgTypeOf(word: string): MsgType {
  const type = MSG_TYPES.find((t) => t === word)
  if (type === undefined) throw new UsageError(`there is no MsgType ${word}${didYouMean(word, MSG_TYPES)}`)
  return type
}

function describe({ format, errors }: Inspection): string {
  const first = errors[0]
  const what = format === 'unknown' ? 'is neither IODEF nor RID' : `is not valid ${format}`
  return first === undefined ? what : `${what} (line ${first.line}: ${printable(first.message)})`
}
