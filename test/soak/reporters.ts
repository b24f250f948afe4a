import { setTimeout as wait } from 'node:timers/promises'
import { within } from '../support/eventually.ts'
import { expectedItems, iodef } from '../support/reports.ts'
import type { RidClient, RidResponse } from '../support/rid-client.ts'
import type { Site } from '../support/site.ts'

/** What was posted and what became of it. */
export interface Posted {
  readonly item: string
  /** incidents are reported again and again: their items must come in this order */
  readonly incident: string
  readonly version: number
  readonly kind: 'valid' | 'invalid' | 'denied'
  readonly body: string
  /** the last answer; undefined when there was none, ever */
  status?: number
  /** 200 and not Denied */
  acknowledged: boolean
  /** milliseconds of each answer */
  readonly times: number[]
}

interface ReportersOptions {
  /** each with a connection of its own */
  readonly senders: number
  /** ms between two reports of one sender, at most */
  readonly pause: number
  readonly random: () => number
  /** invalid and forbidden reports in between [true] */
  readonly mixed?: boolean
  /** how likely it is, each time, that one without an answer is given up [0.1] */
  readonly givesUp?: number
  /** another port than the gateway's own */
  readonly port?: number
}

const INCIDENTS = 10
/** ms that a sender waits for an answer: more than a gateway takes for it */
const PATIENCE = 40_000

/** Senders at work. Disposing of them ends them, whatever is under way. */
export interface Reporters extends AsyncDisposable {
  readonly posted: readonly Posted[]
  /** answers that should not have come */
  readonly unexpected: readonly string[]
  /** Ends them; what is under way is waited for. */
  stop(): Promise<void>
}

/**
 * Senders that post one report after another until stopped. A report without an answer, or with a 503, is mostly sent again (as
 * real senders do) and sometimes given up.
 */
export async function startReporters(
  site: Pick<Site, 'client'>,
  peer: string,
  options: ReportersOptions,
): Promise<Reporters> {
  const { senders, pause, random, mixed = true, givesUp = 0.1 } = options
  const posted: Posted[] = []
  const unexpected: string[] = []
  const stopping = new AbortController()
  const clients: RidClient[] = []
  const open = async () => {
    const client = await site.client(peer, {
      keepAlive: true,
      ...(options.port !== undefined && { port: options.port }),
    })
    clients.push(client)
    return client
  }
  const work = Array.from({ length: senders }, async (_, sender) => {
    const client = await open()
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      const report = make(sender, n, mixed ? random() : 1)
      posted.push(report)
      await send(client, report)
      await wait(random() * pause, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })

  // told by stop
  for (const sender of work) sender.catch(() => undefined)

  async function send(client: RidClient, report: Posted): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const began = performance.now()
      const answer = await client.send({ body: report.body, timeout: PATIENCE }).catch(() => undefined)
      if (answer !== undefined && answer.status !== 503) {
        report.times.push(performance.now() - began)
        return judge(report, answer)
      }
      if (answer !== undefined) report.status = answer.status
      if (stopping.signal.aborted || random() < givesUp) return
      await wait(20 + random() * 80 * Math.min(attempt, 5))
    }
  }

  const end = async () => {
    stopping.abort()
    for (const client of clients) await client[Symbol.asyncDispose]()
  }

  function judge(report: Posted, { status, body }: RidResponse): void {
    report.status = status
    report.acknowledged = status === 200 && body.includes('"Approved"')
    const denied = status === 200 && body.includes('"Denied"')
    const right = { valid: report.acknowledged, invalid: status === 400, denied }[report.kind]
    if (!right) unexpected.push(`${report.kind} report answered ${status}: ${body.slice(0, 300)}`)
  }

  return {
    posted,
    unexpected,
    async stop(): Promise<void> {
      stopping.abort()
      await within(90_000, 'the last answers to senders', Promise.all(work))
      await end()
    },
    [Symbol.asyncDispose]: end,
  }
}

function make(sender: number, n: number, chance: number): Posted {
  const kind = chance < 0.05 ? 'invalid' : chance < 0.1 ? 'denied' : 'valid'
  const incident = `${sender}-${n % INCIDENTS}`
  const version = Math.floor(n / INCIDENTS)
  const description = `${kind} v${version} of ${incident} ${'.'.repeat(n % 7 === 0 ? 8_000 : 50)}`
  const body = iodef({ id: incident, description, ...(kind === 'denied' && { restriction: 'private' }) })
  const item = expectedItems(body)[0]?.id ?? ''
  const sent = kind === 'invalid' ? body.replace('<GenerationTime>', '<GenerationTime>not ') : body
  return { item, incident, version, kind, body: sent, acknowledged: false, times: [] }
}
