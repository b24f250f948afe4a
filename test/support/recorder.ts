import { EVENTS } from '../../src/events/table.ts'
import type { GridHandlers, GridItem } from '../../src/grid/contract.ts'
import type { GridNews } from '../../src/grid/news.ts'
import type { Tell } from '../../src/tell.ts'
import type { GridState } from '../../src/vocabulary.ts'
import { eventually } from './eventually.ts'

/** Grid handlers that remember: what a store would, and everything they were told. */
export class Recorder implements GridHandlers {
  readonly received: GridItem[] = []
  readonly batches: number[] = []
  readonly retractions: string[] = []
  readonly gaps: GridNews['gap'][] = []
  readonly drops: GridNews['dropped-event'][] = []
  readonly states: { part: string; state: GridState; reason: string | null }[] = []
  readonly seen = new Set<string>()
  readonly #contents = new Map<string, string>()
  /** thrown by `items` when set */
  failure: Error | undefined
  /** awaited by `items` */
  gate: Promise<void> = Promise.resolve()
  /** awaited by `cursor`, before it looks */
  cursorGate: Promise<void> = Promise.resolve()
  /** thrown by `cursor` once when set */
  cursorFailure: Error | undefined
  last: { itemId: string; at: number } | undefined

  async items(_topic: string, items: readonly GridItem[]): Promise<void> {
    await this.gate
    if (this.failure) throw this.failure
    // the same content under the same id again is no news, as for a store
    const news = items.filter((item) => this.#contents.get(item.id) !== item.xml)
    if (news.length > 0) this.batches.push(news.length)
    for (const item of news) {
      this.#contents.set(item.id, item.xml)
      this.received.push(item)
      this.seen.add(item.id)
      this.last = { itemId: item.id, at: Date.now() }
    }
  }

  /** As if nothing had ever been received. */
  forget(): void {
    this.seen.clear()
    this.#contents.clear()
    this.received.length = 0
  }

  async seenIds(_topic: string, itemIds: readonly string[]): Promise<Set<string>> {
    return new Set(itemIds.filter((id) => this.seen.has(id)))
  }

  async cursor(): Promise<{ itemId: string; at: number } | undefined> {
    await this.cursorGate
    const failure = this.cursorFailure
    this.cursorFailure = undefined
    if (failure) throw failure
    return this.last
  }

  retracted(_topic: string, itemIds: readonly string[]): void {
    this.retractions.push(...itemIds)
  }

  state(part: string, state: GridState, reason: string | null): void {
    this.states.push({ part, state, reason })
  }

  ids(): string[] {
    return this.received.map((item) => item.id)
  }

  stateOf(part: string): GridState | undefined {
    return this.states.findLast((entry) => entry.part === part)?.state
  }
}

/** Log lines, kept; the recorder remembers what they tell it. */
export class LogLines {
  readonly lines: { level: string; fields: object; text: string }[] = []
  readonly #recorder: Recorder | undefined

  constructor(recorder?: Recorder) {
    this.#recorder = recorder
  }

  readonly tell: Tell<GridNews> = (...[event, fields]) => {
    const { level, text } = EVENTS[event]
    this.lines.push({ level, fields, text })
    if (event === 'gap') this.#recorder?.gaps.push(fields)
    if (event === 'dropped-event') this.#recorder?.drops.push(fields)
  }
}

/** Waits until the condition holds; fails with `what` after a generous while. */
export function until(condition: () => boolean, what: string, ms = 30_000): Promise<void> {
  return eventually(what, condition, { ms, every: 20 })
}
