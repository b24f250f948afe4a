import type { Delivery } from '../store/contract.ts'

type Unit = readonly Delivery[]

/** Units to choose a probe from. */
export const PROBES = 8

/**
 * Of several units, the one to probe a destination with: it failed least often, since what fails again and again may do so by its own
 * fault, and says nothing about the destination. `go`: it, and those whose time `isOver`, to be given up; `back`: the others.
 */
export function chooseProbe(units: readonly Unit[], isOver: (unit: Unit) => boolean): { go: Unit[]; back: Unit[] } {
  const attempts = (unit: Unit) => Math.max(...unit.map((one) => one.attempts))
  const [probe, ...back] = units.filter((unit) => !isOver(unit)).toSorted((a, b) => attempts(a) - attempts(b))
  return { go: [...units.filter(isOver), ...(probe === undefined ? [] : [probe])], back }
}
