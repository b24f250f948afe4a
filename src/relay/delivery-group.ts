import { createHash } from 'node:crypto'
import type { DeliveryGroup } from '../store/contract.ts'
import type { Consumed } from './part.ts'

/** The parts of one document go out together again: what each of them says of it must be the same. */
export function groupOf({ part }: Consumed): DeliveryGroup | undefined {
  const { items, shell, msgType, policy, incidentSource } = part
  if (items.length === 0) return undefined
  const said = [items, shell, msgType, policy?.attributes.restriction, incidentSource]
  return { id: createHash('sha256').update(JSON.stringify(said)).digest('hex'), items }
}
