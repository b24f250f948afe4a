import { createHash } from 'node:crypto'
import type { DeliveryGroup } from '../store/contract.ts'
import type { Consumed } from './part.ts'

/** The parts of one document go out together again: what each of them says of it must be the same. */
export function groupOf({ part, listed = [] }: Consumed): DeliveryGroup | undefined {
  const { items, list, shell, msgType, policy, incidentSource } = part
  if (items.length === 0 && list === undefined) return undefined
  const said = [list?.name ?? items, shell, msgType, policy?.attributes.restriction, incidentSource]
  const id = createHash('sha256').update(JSON.stringify(said)).digest('hex')
  return { id, items: list === undefined ? items : listed }
}
