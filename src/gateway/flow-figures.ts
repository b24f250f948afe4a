import type { Metrics } from '../metrics.ts'
import type { Figure } from '../ops/flow.ts'
import type { DestinationKind } from '../vocabulary.ts'

const TAKEN = ['accepted', 'consumed']
const REFUSED = ['refused', 'denied']
const SENT = ['published', 'delivered']

type Meter = 'messages' | 'deliveries' | 'lastMessage' | 'lastDelivery'

/** What came from whom and went to whom since the start, as the metrics have it. */
export async function flowFigures(metrics: Pick<Metrics, Meter>): Promise<Figure[]> {
  const [messages, deliveries, taken, sent] = await Promise.all([
    values(metrics.messages),
    values(metrics.deliveries),
    values(metrics.lastMessage),
    values(metrics.lastDelivery),
  ])
  const sources = [...new Set([...taken, ...messages].map(({ labels }) => labels.source ?? ''))].filter(Boolean)
  const into = sources.map((name): Figure => {
    const of = messages.filter(({ labels }) => labels.source === name)
    const last = taken.find(({ labels }) => labels.source === name)?.value ?? 0
    return { way: 'in', name, done: sum(of, TAKEN), failed: sum(of, REFUSED), last: last * 1000 }
  })
  const ends = Map.groupBy(deliveries, ({ labels }) => JSON.stringify([labels.kind, labels.destination]))
  const out = [...ends].map(([key, of]): Figure => {
    const [kind, name] = JSON.parse(key) as [DestinationKind, string]
    const last = sent.find(({ labels }) => labels.kind === kind && labels.destination === name)?.value ?? 0
    return { way: 'out', kind, name, done: sum(of, SENT), failed: sum(of, ['retried']), last: last * 1000 }
  })
  return [...into, ...out]
}

interface Value {
  readonly value: number
  readonly labels: Readonly<Record<string, string | undefined>>
}

async function values(meter: Metrics[Meter]): Promise<Value[]> {
  const { values } = await meter.get()
  return values.map(({ value, labels }) => ({ value, labels: labels as Value['labels'] }))
}

function sum(of: readonly Value[], outcomes: readonly string[]): number {
  return of.reduce((total, { value, labels }) => (outcomes.includes(labels.outcome ?? '') ? total + value : total), 0)
}
