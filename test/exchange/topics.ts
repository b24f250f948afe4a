import type { SendOutcome } from '../../src/outcome.ts'
import type { openBench, Topics } from './bench.ts'

type Bench = Awaited<ReturnType<typeof openBench>>

interface Shown {
  readonly topic: string
  readonly id: string
  readonly xml: string
}

/** A Broker's Topics in memory, which fail when a test says so; each gateway that follows them is shown what is published. */
export function createTopics() {
  const kept = new Map<string, Shown>()
  const published: Shown[] = []
  const retracted: string[] = []
  const followers: Bench[] = []
  const key = (topic: string, id: string) => `${topic}\n${id}`
  /** what becomes of an attempt; undefined: it works */
  let isAway = false
  let fault: ((what: 'publish' | 'retract') => SendOutcome | undefined) | undefined

  async function show(item: Shown): Promise<void> {
    kept.set(key(item.topic, item.id), item)
    for (const bench of followers) await bench.showXml(item.xml, item.id, item.topic)
  }

  const topics: Topics = {
    obstacle: () => (isAway ? { kind: 'retry', reason: 'away', destinationDown: true } : undefined),
    async publish(topic, id, xml) {
      const outcome = fault?.('publish')
      if (outcome !== undefined) return outcome
      published.push({ topic, id, xml })
      // its subscribers need not have it before its publisher has the result
      // a gateway may be gone by then
      setImmediate(() => void show({ topic, id, xml }).catch(() => undefined))
      return { kind: 'delivered' }
    },
    async retract(topic, id) {
      const outcome = fault?.('retract')
      if (outcome !== undefined) return outcome
      retracted.push(id)
      kept.delete(key(topic, id))
      for (const bench of followers) await bench.side.gone(topic, [id])
      return { kind: 'delivered' }
    },
  }
  return {
    ...topics,
    /** By gateways. */
    published,
    retracted,
    on: (topic: string) => published.filter((item) => item.topic === topic),
    kept: () => [...kept.values()],
    /** Somebody else publishes it. */
    show: (topic: string, id: string, xml: string) => show({ topic, id, xml }),
    follow: (bench: Bench) => void followers.push(bench),
    away: () => {
      isAway = true
    },
    fail: (how: typeof fault) => {
      fault = how
    },
  }
}
