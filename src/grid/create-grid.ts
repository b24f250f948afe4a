import type { Grid, GridOptions } from './contract.ts'
import { createXmppGrid } from './xmpp-grid.ts'

/** What a start would meet there, without starting. */
export { examineGrid } from './examine-grid.ts'
/** What an operator does to the members of a Topic. */
export { normalAddress, openTopicDesk, READS, type TopicDesk } from './topic-desk.ts'

/** The grid side of the gateway and of its commands: the one place where a transport is chosen. XMPP is the only one. */
export function createGrid(options: GridOptions): Grid {
  return createXmppGrid(options)
}
