import { median } from './figures.ts'

/** Microseconds of each stage, by size of the document, or how many. */
export type Column = Map<string, number>

export const ROUNDS = 5

/** us of CPU of one call: the middle of several rounds, with garbage collection. */
export function timed(work: () => unknown, bytes: number): number {
  const times = Math.max(20, Math.round(6_000_000 / (bytes + 2_000) / ROUNDS))
  for (let i = 0; i < times; i += 1) work()
  const rounds = Array.from({ length: ROUNDS }, () => {
    const began = process.cpuUsage()
    for (let i = 0; i < times; i += 1) work()
    return since(began) / times
  })
  return median(rounds)
}

/** us of CPU of this process */
export function since(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began)
  return user + system
}
