import { createVirtualClock } from '../../support/clock.ts'
import type { Bench } from '../support.ts'
import { Memory, MemoryStore } from './memory-store.ts'

export async function createMemoryBench(): Promise<Bench> {
  const clock = createVirtualClock()
  const memory = new Memory()
  const open = () => new MemoryStore(clock, memory)
  return {
    clock,
    store: open(),
    beside: async () => open(),
    reopen: async () => open(),
    async [Symbol.asyncDispose]() {},
  }
}
