import type { Archive } from './archive.ts'
import type { Store } from './contract.ts'
import type { Exchanges } from './exchanges.ts'
import type { Fleet } from './fleet.ts'

/** All roles of a store. A delivery that is settled as delivered marks the answer that it carries as sent, in the same commit. */
export interface WholeStore extends Store, Exchanges, Archive, Fleet {}
