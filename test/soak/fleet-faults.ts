import { setTimeout as wait } from 'node:timers/promises'
import { within } from '../support/eventually.ts'
import { type FleetParts, type Member, taken } from './fleet-parts.ts'
import { fail } from './fleet-paths.ts'
import type { Step, Timing, Victim } from './fleet-plan.ts'

/** What befalls a fleet for `ms`; resolves when it is over. `other`: a number that chooses among what is left to choose. */
type Fault = (parts: FleetParts, ms: number, gateway: Member, other: number) => Promise<void>

interface Kind extends Timing {
  readonly inflict: Fault
  /** nobody can be answered while it lasts */
  readonly stopsAll?: true
}

/** Shorter and longer than the 6 to 9 s that others wait for a gateway that says nothing. */
const STALL = [4_000, 16_000] as const
const DEATH = [1_000, 6_000] as const

export const FAULTS: Readonly<Record<string, Kind>> = {
  'a gateway killed': {
    lasts: DEATH,
    ofGateway: true,
    async inflict(_parts, ms, member) {
      await member.process.kill()
      member.past.push(...member.process.lines)
      await wait(ms)
      member.process = await member.site.spawn()
    },
  },
  'a gateway stopped for a while': {
    lasts: STALL,
    ofGateway: true,
    async inflict(_parts, ms, { process }) {
      process.signal('SIGSTOP')
      await wait(ms)
      process.signal('SIGCONT')
    },
  },
  'a node of ejabberd killed': {
    lasts: DEATH,
    async inflict({ cluster }, ms, _gateway, other) {
      const node = cluster.nodes[other % 2 === 0 ? 0 : 1]
      await node.kill()
      await wait(ms)
      await node.start()
      await cluster.joined()
    },
  },
  'the balancer stopped for a while': {
    lasts: [2_000, 8_000],
    stopsAll: true,
    async inflict({ balancers }, ms) {
      const both = Object.values(balancers)
      for (const balancer of both) balancer.pause()
      await wait(ms)
      for (const balancer of both) balancer.resume()
    },
  },
  'the primary killed, the standby promoted': {
    lasts: [1_000, 3_000],
    stopsAll: true,
    async inflict({ store }, ms) {
      await store.primary.kill()
      await wait(ms)
      await store.promote()
    },
  },
  ...path('between a gateway and the database', ({ lines }) => lines.databases),
  ...path('between a gateway and the Controller', ({ lines }) => lines.nodes),
  // a proxy in between takes bytes, as a network does not: haproxy would not send them again, and a sender would wait for its own patience
  ...path('between the balancer and a gateway', ({ front }) => front, { reset: true }),
  ...path('between a gateway and a peer', ({ lines }, other) => [lines.peers[other % lines.peers.length]!]),
  ...path('between the primary and its standby', (_gateway, _other, { store }) => [store.line], {
    stopsAll: true,
    // PostgreSQL's receiver would wait for ever for the answer to a login that was swallowed
    reset: true,
  }),
}

/** Both forms of a path that fails, each shorter and longer than what anybody waits for by itself. */
function path(
  where: string,
  proxies: (gateway: Member, other: number, parts: FleetParts) => Parameters<typeof fail>[0],
  { reset = false, ...more }: Pick<Kind, 'stopsAll'> & { readonly reset?: boolean } = {},
): Record<string, Kind> {
  const ofGateway = where.includes('a gateway') && { ofGateway: true as const }
  const kind = (form: 'cut' | 'silent'): Kind => ({
    ...{ lasts: [2_000, 16_000], ...ofGateway, ...more },
    async inflict(parts, ms, gateway, other) {
      const failing = proxies(gateway, other, parts)
      await fail(failing, form, ms)
      if (reset) for (const proxy of failing) await proxy.inflict('cut', 0)
    },
  })
  return { [`connections ${where} cut`]: kind('cut'), [`silence ${where}`]: kind('silent') }
}

/** What it was, and when: ms since the epoch. */
export interface Inflicted {
  readonly name: string
  readonly from: number
  /** from here on nothing is in the way of any sender but what it did */
  readonly over: number
}

/** All of a step; resolves when the last of it is over. */
export async function inflict(step: Step, parts: FleetParts, begun: (what: string) => void): Promise<Inflicted[]> {
  const victims: Member[] = []
  // before any of it begins: who does what may not be to be known afterwards
  for (const { victim } of step) victims.push(await find(parts, victim ?? 'one', victims))
  return Promise.all(
    step.map(async ({ name, after, ms, victim, other }, n) => {
      const { inflict: carryOut, stopsAll } = FAULTS[name] as Kind
      const member = victims[n] as Member
      await wait(after)
      const which = victim === undefined ? '' : ` (${victim}: ${member.name})`
      const from = Date.now()
      begun(`${name}${which}, for ${ms} ms`)
      await carryOut(parts, ms, member, other)
      return { name, from, over: stopsAll ? Date.now() : from }
    }),
  )
}

/** All that is left of a fault: then the next may come. */
export async function mend({ store, cluster, gateways }: FleetParts, step: Step): Promise<void> {
  if (step.some(({ name }) => name.startsWith('the primary killed'))) await store.rejoin()
  await cluster.joined()
  for (const { site } of gateways) await site.ready(120_000)
}

/** Another than these. */
async function find(parts: FleetParts, victim: Victim, but: readonly Member[]): Promise<Member> {
  const { gateways } = parts
  const wanted = gateways.indexOf((await wantedOf(parts, victim)) ?? (gateways[0] as Member))
  const turned = [...gateways.slice(wanted), ...gateways.slice(0, wanted)]
  return turned.find((member) => !but.includes(member)) as Member
}

async function wantedOf({ gateways, store }: FleetParts, victim: Victim): Promise<Member | undefined> {
  if (victim === 'the busiest') return gateways.toSorted((a, b) => taken(b) - taken(a))[0]
  if (victim !== 'the one that follows the Topics') return gateways.find(({ name }) => name === victim)
  const follows = `SELECT i.pid FROM iodef_gateway.lease l JOIN iodef_gateway.instance i ON i.id = l.owner WHERE l.name = 'topics'`
  const pid = await within(20_000, 'the database to say who follows the Topics', store.psql(follows))
  return gateways.find(({ process }) => String(process.pid) === pid)
}
