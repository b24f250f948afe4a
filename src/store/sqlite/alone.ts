import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Fleet } from '../fleet.ts'

/** Of a store that only one gateway can have open. */
export function alone(version: string, started: number): Fleet {
  const self = { id: randomUUID(), host: hostname(), pid: process.pid, version, started, ours: true }
  return {
    lease: async () => true,
    endLease: async () => undefined,
    enlist: async () => ({ own: self.id, all: [self.id], without: new Map() }),
    leave: async () => undefined,
    roster: async () => [],
    mark: async () => self.id,
    gateways: async () => [self],
  }
}
