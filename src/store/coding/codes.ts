import type { AskerKind, DeliveryState, DestinationKind, Direction, ExchangeState, LegState } from '../../vocabulary.ts'

/** How the words of the contract are written in the tables: their place in these lists, which therefore only ever grow. */
export const STATES = ['pending', 'sending', 'delivered', 'held', 'withheld', 'discarded'] as const
const DIRECTIONS = ['rid-to-grid', 'grid-to-rid', 'rid-to-rid'] as const
const KINDS = ['topic', 'peer', 'jid', 'file'] as const
const ASKERS = ['peer', 'jid', 'topic'] as const
export const EXCHANGES = ['open', 'answered', 'denied', 'expired', 'cancelled'] as const
const LEGS = ['waiting', 'promised', 'answered', 'denied', 'failed', 'expired'] as const

export const PENDING = 0
export const SENDING = 1
export const DELIVERED = 2
export const HELD = 3
export const WITHHELD = 4
export const DISCARDED = 5

export const stateCode = (state: DeliveryState): number => STATES.indexOf(state)
export const stateName = (code: number): DeliveryState => STATES[code]!
export const directionCode = (direction: Direction): number => DIRECTIONS.indexOf(direction)
export const directionName = (code: number): Direction => DIRECTIONS[code]!
export const kindCode = (kind: DestinationKind): number => KINDS.indexOf(kind)
export const kindName = (code: number): DestinationKind => KINDS[code]!
export const askerCode = (kind: AskerKind): number => ASKERS.indexOf(kind)
export const askerName = (code: number): AskerKind => ASKERS[code]!
export const exchangeCode = (state: ExchangeState): number => EXCHANGES.indexOf(state)
export const exchangeName = (code: number): ExchangeState => EXCHANGES[code]!
export const legCode = (state: LegState): number => LEGS.indexOf(state)
export const legName = (code: number): LegState => LEGS[code]!
