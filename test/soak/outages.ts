import type { RidClient } from '../support/rid-client.ts'
import type { Site } from '../support/site.ts'

/** ms since the epoch in which one sender got no answer: from the request that was not answered to the end of the one that was. */
export interface Outage {
  readonly from: number
  readonly until: number
  /** what it saw instead, and how many ms after `from` */
  readonly seen: readonly string[]
}

/**
 * Senders behind a balancer at `port`, each from an address of its own, so that they are spread. `outages` are what they went without an answer for,
 * `odd` what they must not see: RFC 6546 senders are answered, told to come again, or cut off.
 */
export function watchSenders(site: Pick<Site, 'client'>, port: number) {
  const outages: Outage[] = []
  const odd: string[] = []
  let senders = 0
  return {
    outages,
    odd,
    refused: 0,
    cut: 0,
    async client(name: string, options = {}): Promise<RidClient> {
      senders += 1
      const client = await site.client(name, { ...options, port, localAddress: `127.0.0.${1 + 7 * senders}` })
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
            outages.push({ from, until: Date.now(), seen })
            seen = []
            since = undefined
          }
          return answer
        } catch (error) {
          this.cut += 1
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
