import type { ClaimRequest, DeliveryGroup, NewDelivery, NewEnvelope, Settlement } from '../../src/store/contract.ts'
import type { DeliveryState } from '../../src/vocabulary.ts'

interface Kept {
  readonly item: string
  readonly destination: string
  readonly incident: string
  readonly group: string | null
  /** place in the line: its own number, or that of the first member of its group */
  readonly place: number
  readonly number: number
  state: DeliveryState
  due: number
  notBefore: number | null
  lease: number
  attempts: number
  touched: number
}

/** The Store contract in plain words, for comparison: no index, no flag, every question answered from the whole list. */
export class Model {
  readonly #envelopes = new Set<string>()
  readonly #groups = new Map<string, { place: number; items: readonly string[] }>()
  kept: Kept[] = []
  #count = 0

  accept(envelope: NewEnvelope, now: number): 'accepted' | 'duplicate' {
    const key = `${envelope.direction} ${envelope.source} ${envelope.digest}`
    if (this.#envelopes.has(key)) return 'duplicate'
    this.#envelopes.add(key)
    for (const delivery of envelope.deliveries) this.#add(delivery, envelope.receivedAt, now)
    return 'accepted'
  }

  #add(delivery: NewDelivery, receivedAt: number, now: number): void {
    const { destination, item, incident, state, notBefore = null, group } = delivery
    const before = this.#find(destination, item)
    if (before !== undefined && (before.state !== 'withheld' || state !== 'pending')) return
    this.kept = this.kept.filter((one) => one !== before)
    const number = this.#count++
    if (group !== undefined && !this.#groups.has(`${destination} ${group.id}`)) {
      this.#groups.set(`${destination} ${group.id}`, { place: number, items: group.items })
    }
    this.kept.push({
      item,
      destination,
      incident,
      group: group?.id ?? null,
      place: group === undefined ? number : this.#groups.get(`${destination} ${group.id}`)!.place,
      number,
      state,
      due: notBefore ?? receivedAt,
      notBefore,
      lease: 0,
      attempts: 0,
      touched: now,
    })
    for (const [key, { items }] of this.#groups) {
      const [where, id] = key.split(' ') as [string, DeliveryGroup['id']]
      const concerned = where === destination && (items.includes(item) || id === group?.id)
      if (!concerned || items.some((other) => this.#find(destination, other) === undefined)) continue
      for (const one of this.kept) {
        if (one.destination !== destination || one.group !== id || one.state !== 'pending' || one.due <= now) continue
        one.due = now
        one.notBefore = null
      }
    }
  }

  #find(destination: string, item: string): Kept | undefined {
    return this.kept.find((one) => one.destination === destination && one.item === item)
  }

  /** Nothing unsettled stands before any pending member of its unit. */
  #isReady(delivery: Kept): boolean {
    return this.#unit(delivery).every((member) =>
      this.kept.every(
        (other) =>
          other === member ||
          other.destination !== member.destination ||
          other.incident !== member.incident ||
          (other.state !== 'pending' && other.state !== 'sending') ||
          other.place > member.place ||
          (other.place === member.place && other.state === 'pending'),
      ),
    )
  }

  #unit(delivery: Kept): Kept[] {
    if (delivery.group === null) return [delivery]
    return this.kept.filter(
      (one) => one.destination === delivery.destination && one.group === delivery.group && one.state === 'pending',
    )
  }

  /** Which units may be claimed, as sets of items; any `limit` of them will do. */
  claimable({ destination, now, early }: ClaimRequest): string[][] {
    for (const one of this.kept) {
      if (one.destination === destination && one.state === 'sending' && one.lease <= now) {
        one.state = 'pending'
        one.due = Math.min(one.due, now)
      }
    }
    const units = new Map<string, string[]>()
    for (const one of this.kept) {
      if (one.destination !== destination || one.state !== 'pending' || !this.#isReady(one)) continue
      const inTime = one.due <= now
      const isEarly = early !== undefined && one.touched < early && (one.notBefore === null || one.notBefore <= now)
      if (!inTime && !isEarly) continue
      const items = this.#unit(one).map((member) => member.item)
      units.set(items.join(), items)
    }
    return [...units.values()]
  }

  claimed(request: ClaimRequest, items: readonly string[]): void {
    for (const item of items) {
      const one = this.#find(request.destination, item)!
      one.state = 'sending'
      one.notBefore = null
      one.lease = request.now + request.leaseMs
      one.touched = request.now
    }
  }

  settle(destination: string, item: string, settlement: Settlement, now: number): void {
    const one = this.#find(destination, item)!
    if (one.state !== 'sending') return
    one.state = settlement.to
    one.touched = now
    if (settlement.to === 'pending') {
      one.due = settlement.nextAttempt
      if (settlement.countAttempt) one.attempts++
    } else if (settlement.to !== 'withheld') one.attempts++
  }

  retry(destination: string, item: string, now: number): boolean {
    const one = this.#find(destination, item)!
    if (one.state === 'sending' || one.state === 'delivered') return false
    one.state = 'pending'
    one.due = now
    one.notBefore = null
    one.touched = now
    return true
  }

  discard(destination: string, item: string, now: number): boolean {
    const one = this.#find(destination, item)!
    if (one.state === 'sending' || one.state === 'delivered') return false
    if (one.state !== 'discarded') one.touched = now
    one.state = 'discarded'
    return true
  }

  releaseLeases(now: number): number {
    const leased = this.kept.filter((one) => one.state === 'sending')
    for (const one of leased) {
      one.state = 'pending'
      one.due = Math.min(one.due, now)
    }
    return leased.length
  }
}
