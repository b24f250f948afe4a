import { createHealth, type HealthSources } from '../../src/ops/health.ts'
import { createReadiness, verdictOf } from '../../src/ops/readiness.ts'
import type { Door } from '../../src/ops/rid-health.ts'
import type { Backlog } from '../../src/store/contract.ts'

export const START = Date.parse('2026-03-01T12:00:00Z')
export const MINUTE = 60_000
export const DAY = 86_400_000

export function row(change: Partial<Backlog>): Backlog {
  const none = { pending: 0, sending: 0, held: 0, withheld: 0, oldest: null, due: null, paused: null }
  return { kind: 'topic', destination: 'incident', ...none, ...change }
}

/** A gateway that listens and is logged in, one Topic, one peer, all well; `over` in part. */
export function setup(over: Partial<HealthSources> = {}) {
  let now = START
  const ranOut: string[] = []
  const door: { lists: Door['lists']; letIn: number } = {
    lists: { lacking: [], none: false },
    letIn: Number.NEGATIVE_INFINITY,
  }
  const board = createReadiness({ now: () => now })
  const health = createHealth({
    clock: { now: () => now },
    board,
    destinations: [
      { kind: 'topic', name: 'incident' },
      { kind: 'peer', name: 'csirt-b' },
      { kind: 'jid', name: 'soc@grid.example' },
      { kind: 'file', name: 'files.example' },
    ],
    maxQueue: 10,
    expiry: () => [],
    door: () => ({ ...door }),
    down: () => [],
    backlog: async () => [],
    space: async () => ({ free: 100 * 2 ** 30, size: 200 * 2 ** 30 }),
    ranOut: ({ name }) => void ranOut.push(name),
    ...over,
  })
  health.grid('session', 'up', null)
  health.grid('topic:incident', 'up', null)
  health.listening()
  return {
    health,
    ranOut,
    door,
    part: (name: string) => board.read().parts[name],
    all: () => Object.entries(board.read().parts).map(([name, { state }]) => `${name} ${state}`),
    verdict: () => verdictOf(board.read()),
    pass(ms: number) {
      now += ms
      health.tick()
    },
  }
}
