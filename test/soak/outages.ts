import type { RidClient } from '../support/rid-client.ts'
import type { Site } from '../support/site.ts'

/** ms since the epoch in which one sender got no answer: from the request that was not answered to the end of the one that was. */
export interface Outage {
  readonly from: number
  readonly until: number
  /** what it saw instead, and how many ms after `from` */
  readonly seen: readonly string[]
}

/** The balancers that senders come by, by their ports. */
interface Ways {
  /** each stays with one gateway as long as that is there */
  readonly sticking: { readonly port: number }
  /** each report goes to another gateway */
  readonly spreading: { readonly port: number }
}

/**
 * Senders behind balancers, each from an address of its own: every second one stays with one gateway, on one connection; the others are at another
 * gateway with each report. `outages` are what they went without an answer for, `odd` what they must not see: RFC 6546 senders are answered, told to
 * come again, or cut off.
 */
export function watchSenders(site: Pick<Site, 'client'>, { sticking, spreading }: Ways) {
  const outages: Outage[] = []
  const odd: string[] = []
  /** when each was answered the last time */
  const answered: number[] = []
  return {
    outages,
    odd,
    refused: 0,
    cut: 0,
    /** Was each of them answered since then? */
    allAnswered: (since: number) => answered.every((at) => at > since),
    async client(name: string, options = {}): Promise<RidClient> {
      const sender = answered.push(0)
      const way =
        sender % 2 === 0 ? { port: sticking.port, keepAlive: true } : { port: spreading.port, keepAlive: false }
      const client = await site.client(name, { ...options, ...way, localAddress: `127.0.0.${1 + 7 * sender}` })
      let since: number | undefined
      let seen: string[] = []
      const send: RidClient['send'] = async (request) => {
        since ??= Date.now()
        const from = since
        const saw = (what: string) => seen.push(`${what} at ${Date.now() - from}`)
        try {
          const answer = await client.send(request)
          if (answer.status === 503) {
            this.refused += 1
            saw('503')
            if (answer.headers['retry-after'] === undefined) odd.push('503 without Retry-After')
          } else {
            answered[sender - 1] = Date.now()
            outages.push({ from, until: Date.now(), seen })
            seen = []
            since = undefined
          }
          return answer
        } catch (error) {
          this.cut += 1
          if (error instanceof Error && error.name === 'AbortError') odd.push(`no answer in ${request.timeout} ms`)
          saw(error instanceof Error && 'code' in error ? String(error.code) : String(error))
          throw error
        }
      }
      return { ...client, send }
    },
  }
}

/** The longest of those that were going on, or began, at a moment between these two. */
export function longest(outages: readonly Outage[], from: number, until: number): Outage | undefined {
  const during = outages.filter((outage) => outage.until >= from && outage.from <= until)
  return during.sort((a, b) => duration(b) - duration(a))[0]
}

export function duration({ from, until }: Outage): number {
  return until - from
}
