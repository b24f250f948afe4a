import type { Reader } from '../reading/reader.ts'
import type { Reply } from '../rid/contract.ts'
import type { PeerResponse } from '../rid/reply-outcome.ts'
import type { Callback } from './await-callback.ts'
import { type ExitCode, type Io, json, printable, write } from './output.ts'
import { answerMeaning, type Meaning } from './reply-words.ts'

/** One RID message that came back, as `--json` has it. */
interface Came {
  readonly outcome: Meaning['outcome']
  readonly msgType: string | null
  readonly justification: string | null
  readonly incidents: number
  readonly body: string
}

/** Says what comes back, as it comes; with `--json` all of it at the end. */
export interface Answers {
  /** the HTTP response to what was sent */
  response(meaning: Meaning, response: PeerResponse | undefined, came: Came | undefined): Promise<void>
  /** an answer by callback; what it means */
  callback(callback: Callback): Promise<Meaning>
  note(text: string): Promise<void>
  /** `exit`: of the command */
  end(exit: ExitCode): Promise<ExitCode>
}

export function createAnswers(io: Io, reader: Reader, about: object, asJson: boolean): Answers {
  let first: object = {}
  const callbacks: Came[] = []
  const say = (text: string) => write(io.err, `${printable(text)}\n`)
  return {
    async response(meaning, response, came) {
      const { outcome, text } = meaning
      const token = response?.callbackToken ?? null
      first = { outcome, status: response?.status ?? null, reason: text, token, reply: came ?? null }
      if (asJson) return
      if (response?.body !== undefined && response.body.length > 0) await write(io.out, shown(response.body))
      await say(text)
    },
    async callback({ reply, body }) {
      const incidents = await incidentsIn(reader, reply)
      const meaning = answerMeaning(reply, incidents, 'by callback: ')
      callbacks.push(cameOf(meaning.outcome, reply, incidents, body))
      // printed before it is acknowledged: then nobody else has it
      if (!asJson) await write(io.out, shown(body))
      if (!asJson) await say(meaning.text)
      return meaning
    },
    note: say,
    async end(exit) {
      if (asJson) await write(io.out, json({ ...about, ...first, callbacks }))
      return exit
    },
  }
}

export function cameOf(outcome: Meaning['outcome'], reply: Reply, incidents: number, body: Uint8Array): Came {
  return {
    outcome,
    msgType: reply.kind === 'message' ? reply.msgType : reply.kind === 'acknowledgement' ? 'Acknowledgement' : null,
    justification: (reply.kind === 'acknowledgement' ? reply.justification : undefined) ?? null,
    incidents,
    body: Buffer.from(body).toString('utf8'),
  }
}

/** How many it holds; 1 where it is not valid, and holds who knows what. */
export async function incidentsIn(reader: Reader, reply: Reply | undefined): Promise<number> {
  if (reply?.kind !== 'message') return 0
  const { valid, document, rid } = await reader.inspect(Buffer.from(reply.text, 'utf8'))
  if (valid && document === null) return rid?.hasPayload === true ? 1 : 0
  return document?.incidents.length ?? 1
}

/** The body as text, with a line end, and without what could rewrite a terminal. */
function shown(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8')
  return `${text.split('\n').map(printable).join('\n').trimEnd()}\n`
}
