import type { RidClient } from '../support/rid-client.ts'
import type { Site } from '../support/site.ts'

/** ms since the epoch in which one sender got no answer: from the request that was not answered to the end of the one that was. */
export interface Outage {
  readonly from: number
  readonly until: number
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
      const send: RidClient['send'] = async (request) => {
        since ??= Date.now()
        try {
          const answer = await client.send(request)
          if (answer.status === 503) {
            this.refused += 1
            if (answer.headers['retry-after'] === undefined) odd.push('503 without Retry-After')
          } else {
            outages.push({ from: since, until: Date.now() })
            since = undefined
          }
          return answer
        } catch (error) {
          this.cut += 1
          throw error
        }
      }
      return { ...client, send }
    },
  }
}

/** The longest of those that were going on, or began, at a moment between these two. */
export function longest(outages: readonly Outage[], from: number, until: number): number {
  const during = outages.filter((outage) => outage.until >= from && outage.from <= until)
  return Math.max(0, ...during.map((outage) => outage.until - outage.from))
}
