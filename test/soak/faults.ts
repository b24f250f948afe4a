import type { GatewayProcess } from '../support/command.ts'
import { type Course, type Lane, undergo } from '../support/faults.ts'
import { startProber } from '../support/prober.ts'
import { startPrometheus } from '../support/prometheus.ts'
import { controllerFaults } from './faults-controller.ts'
import { peerFaults } from './faults-peers.ts'
import { roomFaults } from './faults-room.ts'
import { slowFaults } from './faults-slow.ts'
import { tlsFaults } from './faults-tls.ts'
import { createFailures, type Findings, type Proof, type ProofOptions } from './proof.ts'

const LANES: Readonly<Record<string, (kind: ProofOptions['kind']) => Promise<Lane>>> = {
  peers: peerFaults,
  controller: controllerFaults,
  slow: slowFaults,
  tls: tlsFaults,
  room: roomFaults,
}

/**
 * What goes wrong at night, done on purpose to running gateways: each within `count` seconds turns exactly its own part of `/ready` and
 * its own alert of a real Prometheus, and back when it is mended. Somebody posts a valid report every second meanwhile: while it is not
 * taken, the page is not green.
 */
export const faults: Proof = (options) => prove(options, true)

/** The same in half the time. */
export const fewFaults: Proof = (options) => prove(options, false)

async function prove({ kind, count, say }: ProofOptions, long: boolean): Promise<Findings> {
  const failures = createFailures()
  const figures: Record<string, string> = {}
  await using stack = new AsyncDisposableStack()
  // one that cannot be had keeps no other from being ended
  const made = await Promise.allSettled(
    Object.entries(LANES).map(async ([name, create]) => ({ name, ...stack.use(await create(kind)) })),
  )
  const lanes = made.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
  const ports = Object.fromEntries(lanes.map(({ name, site }) => [name, site.opsPort]))
  const prometheus = stack.use(await startPrometheus(ports))
  say('all of it runs')
  for (const { left } of lanes) if (left !== undefined) say(left)

  async function run({ name, site, gateway, faults }: Lane & { readonly name: string }): Promise<void> {
    await using prober = await startProber(site, 'csirt-a')
    for (const { size = 1_000, ...fault } of faults.filter((one) => long || !one.long)) {
      prober.size = size
      const course = await undergo(fault, {
        site,
        within: count * 1_000,
        firing: () => prometheus.firing(name),
        mending: () => {
          prober.size = 1_000
        },
      }).catch(async (error: Error) => {
        failures.add(name, `${error.message}\n${states(gateway())}`)
        // the next one begins with all well
        await fault.mend().catch((another: Error) => failures.add(name, another.message))
      })
      if (course) told(course)
    }
    for (const lie of prober.lies) failures.add('green', lie)
    figures[`${name}: what became of reports`] = [...prober.outcomes].map((one) => one.join(' x ')).join(', ')
  }

  function told({ name, turned, back }: Course): void {
    figures[name] = `${turned} s, back ${back} s`
    say(`${name}: turned after ${turned} s, back after ${back} s`)
  }

  await Promise.all(lanes.map(run))
  return { failures: failures.all(), figures }
}

/** What it said lately of how it is. */
function states(gateway: GatewayProcess): string {
  const lines = gateway.log().filter(({ event }) => /^(?:state|controller-|topic-|configuration-)/.test(String(event)))
  return lines
    .slice(-20)
    .map((line) => JSON.stringify(line))
    .join('\n')
}
