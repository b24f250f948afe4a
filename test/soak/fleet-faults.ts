import { setTimeout as wait } from 'node:timers/promises'
import type { FleetParts, Member } from './fleet-parts.ts'

/** What befalls a fleet; resolves when what died is there again. */
type Fault = (parts: FleetParts, random: () => number) => Promise<void>

const one = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)] as T

const FAULTS = {
  'a gateway killed': async ({ gateways }, random) => {
    const member = one<Member>(gateways, random)
    await member.process.kill()
    member.past.push(...member.process.lines)
    await wait(1_000 + random() * 5_000)
    member.process = await member.site.spawn()
    await member.site.ready()
  },
  // shorter and longer than the 6 to 9 s that others wait for it
  'a gateway stopped for a while': async ({ gateways }, random) => {
    const member = one<Member>(gateways, random)
    member.process.signal('SIGSTOP')
    await wait(4_000 + random() * 12_000)
    member.process.signal('SIGCONT')
    await member.site.ready()
  },
  'a node of ejabberd killed': async ({ cluster }, random) => {
    const node = one(cluster.nodes, random)
    await node.kill()
    await wait(1_000 + random() * 5_000)
    await node.start()
    await cluster.joined()
  },
  'the balancer stopped for a while': async ({ haproxy }, random) => {
    haproxy.pause()
    await wait(2_000 + random() * 6_000)
    haproxy.resume()
  },
} satisfies Record<string, Fault>

/** Once, since there is one standby. */
const PROMOTION: Fault = async ({ store, gateways }, random) => {
  await store.primary.kill()
  await wait(1_000 + random() * 2_000)
  await store.promote()
  for (const { site } of gateways) await site.ready()
}

/** `count` faults: each kind in turn, in another order each time, and in the middle the primary's death. */
export function plan(count: number, random: () => number): { readonly name: string; readonly inflict: Fault }[] {
  const faults: { name: string; inflict: Fault }[] = []
  let bag: [string, Fault][] = []
  while (faults.length < count) {
    if (faults.length === Math.floor(count / 2)) {
      faults.push({ name: 'the primary killed, the standby promoted', inflict: PROMOTION })
      continue
    }
    if (bag.length === 0) bag = Object.entries(FAULTS)
    const [[name, inflict]] = bag.splice(Math.floor(random() * bag.length), 1) as [[string, Fault]]
    faults.push({ name, inflict })
  }
  return faults
}
