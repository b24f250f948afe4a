import { createPki } from '../test/support/pki.ts'
import { iodef, ridReport } from '../test/support/reports.ts'
import { createSite } from '../test/support/site.ts'
import { report } from './documents.ts'
import { line, median } from './figures.ts'
import { createPoster } from './post.ts'
import { cpuOf } from './process-cost.ts'

const KB = [1, 6.5, 25, 100, 400, 1_000]
const ROUNDS = Number(process.env.ROUNDS ?? 3)
/** of documents that a round sends */
const KB_A_ROUND = 3_000
const TEXT = 'Scans of the whole address range, from all of it. '.repeat(32)

/** us of CPU of a running gateway for each KB of a document: from 1 KB to 1 MB, and of up to 500 Incidents; POST to 200, its Controller away. */
export async function benchSizes(): Promise<void> {
  await using pki = await createPki()
  await using site = await createSite({
    pki,
    delivery: { maxQueue: 1_000_000 },
    rid: { maxMessage: '2MB' },
    grid: { maxItem: '4MB' },
  })
  await using gateway = await site.spawn()
  await using poster = createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-a'), 4)
  const kinds = [
    ...KB.map((kb) => ({ name: `${kb} KB`, make: (id: string) => ofSize(id, kb) })),
    ...[1, 50, 200, 500].map((count) => ({
      name: `${count} Incidents of 2 KB`,
      make: (id: string) => ofMany(id, count),
    })),
  ]
  const costs = new Map<string, number[]>()
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const { name, make } of round % 2 === 0 ? kinds : kinds.toReversed()) {
      const kb = Buffer.byteLength(make('x')) / 1000
      const count = Math.max(3, Math.min(1_000, Math.round(KB_A_ROUND / kb)))
      const bodies = Array.from({ length: count }, (_, n) => make(`${name.replaceAll(' ', '')}-${round}-${n}`))
      const before = await cpuOf(gateway.pid)
      await poster.post(count, (n) => bodies[n] ?? '')
      const us = ((await cpuOf(gateway.pid)) - before) / count
      if (round >= 0) costs.set(name, [...(costs.get(name) ?? []), us])
    }
  }
  for (const { name, make } of kinds) {
    const kb = Buffer.byteLength(make('x')) / 1000
    const us = median(costs.get(name) ?? [])
    line(`${name} (${kb.toFixed(1)} KB)`, `${Math.round(us).toLocaleString('en')} us, ${(us / kb).toFixed(0)} us/KB`)
  }
}

function ofSize(id: string, kb: number): string {
  if (kb < 2) return ridReport(iodef({ id }))
  const whole = report(id)
  const event = /<EventData>.*?<\/EventData>/s.exec(whole)?.[0] ?? ''
  const more = Math.max(1, Math.round((kb * 1000 - whole.length) / event.length) + 1)
  return whole.replace(event, () => event.repeat(more))
}

function ofMany(id: string, count: number): string {
  return ridReport(iodef(...Array.from({ length: count }, (_, n) => ({ id: `${id}-${n}`, description: TEXT }))))
}
