import type { Config } from '../../src/config/types.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Reader } from '../../src/reading/reader.ts'
import { createAccept } from '../../src/relay/accept.ts'
import type { Answer } from '../../src/rid/contract.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { grid, peer } from './journey.ts'

/** The door in for RID messages, to a store of its own, with peers of these names; what they say, in `post`. */
export async function createAcceptBench(
  reader: Reader,
  names: readonly string[],
  config: Partial<Config> = {},
  publish = ['incident'],
) {
  const own = await createBench(MEMORY)
  const { store, clock } = own
  const metrics = createMetrics()
  const accept = createAccept({
    config: {
      ...grid(),
      peers: names.map((name) => peer({ name })),
      rid: { name: 'gateway.example' },
      delivery: { maxAge: 1, concurrency: 1, maxQueue: 1000 },
      ...config,
    } as Config,
    reader,
    store,
    events: createEvents({ log, metrics, clock }),
    wake: () => {},
  })
  let count = 0
  return {
    ...own,
    metrics,
    /** What the peer is answered: an HTTP status, or the AuthorizationStatus of the Acknowledgement. */
    async post(name: string, body: string): Promise<string> {
      count += 1
      const message = { id: `m${count}`, address: '192.0.2.65', receivedAt: clock.now() }
      return said(await accept({ ...message, peer: peer({ name, publish }), body: Buffer.from(body) }))
    },
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

function said(answer: Answer): string {
  if (answer.kind === 'problem') return `${answer.problem.status}`
  return /AuthorizationStatus="(\w+)"/.exec(answer.kind === 'reply' ? answer.xml : '')?.[1] ?? 'nothing'
}
