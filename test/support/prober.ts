import { setTimeout as wait } from 'node:timers/promises'
import { iodef } from './reports.ts'
import type { Ready, Site } from './site.ts'

/** What the page and `/ready` say at one moment: they are asked at once. */
export interface View {
  readonly verdict: string
  readonly status: number
  readonly parts: Ready['parts']
}

export async function look(site: Site): Promise<View> {
  const ask = (path: string) =>
    fetch(`http://127.0.0.1:${site.opsPort}${path}`, { signal: AbortSignal.timeout(20_000) })
  const [page, ready] = await Promise.all([ask('/').then((r) => r.text()), ask('/ready')])
  const { parts } = (await ready.json()) as Ready
  return { verdict: /class="verdict ([a-z-]+)"/.exec(page)?.[1] ?? 'none', status: ready.status, parts }
}

interface Prober extends AsyncDisposable {
  /** bytes of each report, about [1000] */
  size: number
  /** what became of its reports: `200`, `503`, `no TLS: CODE`, and how often */
  readonly outcomes: ReadonlyMap<string, number>
  /** where the page was green although a valid report was not taken just before */
  readonly lies: readonly string[]
}

/** Somebody who posts a valid report every second, and looks at the page when one is not taken. */
export async function startProber(site: Site, peer: string): Promise<Prober> {
  const client = await site.client(peer)
  const stop = new AbortController()
  const outcomes = new Map<string, number>()
  const lies: string[] = []
  const prober = { size: 1_000, outcomes, lies, [Symbol.asyncDispose]: end }

  function post(id: string): Promise<string> {
    const description = 'x'.repeat(Math.max(1, prober.size - 600))
    return client.post(iodef({ id, description })).then(
      ({ status }) => `${status}`,
      (error: NodeJS.ErrnoException) => `no TLS: ${error.code ?? error.message}`,
    )
  }

  async function probe(n: number): Promise<void> {
    const outcome = await post(`probe-${n}`)
    if (stop.signal.aborted) return
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    if (outcome === '200') return
    // whoever does not answer says nothing that is wrong
    const view = await look(site).catch(() => undefined)
    if (view?.verdict !== 'works' || stop.signal.aborted) return
    // it may have been mended just then
    const again = await post(`probe-${n}-again`)
    if (again !== '200') lies.push(`${outcome}, the page is green, ${again}: ${JSON.stringify(view.parts)}`)
  }

  async function run(): Promise<void> {
    for (let n = 0; !stop.signal.aborted; n += 1) {
      const next = wait(1_000, undefined, { signal: stop.signal }).catch(() => undefined)
      await probe(n)
      await next
    }
  }

  const running = run()
  running.catch(() => undefined)
  async function end(): Promise<void> {
    stop.abort()
    await running
    await client[Symbol.asyncDispose]()
  }
  return prober
}
