import type { ReceivedItem } from '../support/slixmpp.ts'

/**
 * Items that a subscriber saw again. A process that begins asks the Broker for what may have come through (`known`: it must have had
 * them by then); what the dead one had written and the Broker not read is the one thing that nobody can tell (`unknown`).
 */
export function repeats(items: readonly Pick<ReceivedItem, 'id' | 'at'>[], launches: readonly number[]) {
  const shown = new Map<string, number[]>()
  for (const { id, at } of items) shown.set(id, [...(shown.get(id) ?? []), at])
  const known: string[] = []
  let unknown = 0
  for (const [id, times] of shown) {
    const pairs = times.slice(1).map((time, n) => [times[n] ?? 0, time] as const)
    const launch = pairs.flatMap(([first, second]) => launches.find((at) => first < at && at < second) ?? [])[0]
    if (launch !== undefined)
      known.push(`${id}, ${launch - (times[0] ?? 0)} ms before the process began that published it again`)
    else if (times.length > 1) unknown += 1
  }
  return { known, unknown }
}
