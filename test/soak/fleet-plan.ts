/** Which gateway: by its place, or by what it does when the fault begins. */
export const VICTIMS = ['one', 'two', 'three', 'the busiest', 'the one that follows the Topics'] as const
export type Victim = (typeof VICTIMS)[number]

/** How long one kind of fault lasts, and whether it befalls a gateway. */
export interface Timing {
  /** ms, at least and at most */
  readonly lasts: readonly [number, number]
  readonly ofGateway?: true
}

/** One fault that is to come. */
export interface Planned {
  readonly name: string
  /** ms behind the beginning of the first that it is part of */
  readonly after: number
  readonly ms: number
  readonly victim?: Victim
  readonly other: number
}

/** Faults that come together: one, or two of which the second begins while the first is not over. */
export type Step = readonly [Planned] | readonly [Planned, Planned]

/** `count` faults: each kind in turn, in another order each time, one alone and then two at once. */
export function plan(kinds: Readonly<Record<string, Timing>>, count: number, random: () => number): Step[] {
  const steps: Step[] = []
  const bag: string[] = []
  const draw = (after: number, not?: string): Planned => {
    if (bag.every((name) => name === not)) bag.push(...Object.keys(kinds))
    const fit = bag.filter((name) => name !== not)
    const name = fit[Math.floor(random() * fit.length)] as string
    bag.splice(bag.indexOf(name), 1)
    const { lasts, ofGateway } = kinds[name] as Timing
    const ms = Math.round(lasts[0] + random() * (lasts[1] - lasts[0]))
    const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] as Victim
    return { name, after, ms, ...(ofGateway && { victim }), other: Math.floor(random() * 4) }
  }
  for (let left = count; left > 0; ) {
    const first = draw(0)
    const isAlone = left === 1 || steps.length % 3 === 0
    steps.push(isAlone ? [first] : [first, draw(Math.round(random() * first.ms), first.name)])
    left -= isAlone ? 1 : 2
  }
  return steps
}
