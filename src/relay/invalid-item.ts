import { createHash } from 'node:crypto'
import type { PeerConfig } from '../config/types.ts'
import type { GridItem } from '../grid/contract.ts'
import type { Inspection } from '../reading/inspection.ts'
import { repairHint } from '../reading/repair-table.ts'
import type { NewDelivery, SeenItem } from '../store/contract.ts'
import { encodePart } from './stored-part.ts'

/** UTF-16 code units of an item that cannot be sent on and is kept all the same, for whoever wants to look or try again */
const KEPT = 1_048_576

/**
 * Items of one Topic that are held as not valid at a time, and of one publisher: whoever may publish could fill the disk with what
 * nobody ever looks after.
 */
const MOST = 200
const EACH = 50

/** An item that claims to be IODEF and is not valid: held for every peer it was meant for, with its errors, as far as there is room. */
export function heldAsInvalid(
  peers: readonly PeerConfig[],
  topic: string,
  item: GridItem,
  { digest, origin }: Pick<SeenItem, 'digest'> & { readonly origin?: string | undefined },
  inspection: Inspection,
): NewDelivery[] {
  const errors = inspection.errors.slice(0, 5).map((e) => `line ${e.line}: ${e.message}`)
  const hint = repairHint(inspection.repairable)
  const reason = `${`invalid item: ${errors.join('; ')}`.slice(0, 1000 - hint.length)}${hint}`
  const payload = encodePart({ invalid: reason, ...(item.xml.length <= KEPT && { item: item.xml }) })
  return peers.map((peer) => ({
    kind: 'peer',
    destination: peer.name,
    incident: `item ${item.id.slice(0, 100)}`,
    ...(origin !== undefined && { origin }),
    item: createHash('sha256').update(`${topic}\n${item.id}\n${digest}`).digest('hex'),
    payload,
    state: 'held',
    reason,
    bound: { name: `invalid items of ${topic}`, most: MOST, each: EACH },
  }))
}
