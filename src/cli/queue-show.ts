import { parsePart } from '../relay/stored-part.ts'
import type { Delivery, Desk } from '../store/contract.ts'
import { type ExitCode, harmless, type Io, json, printable, write } from './output.ts'
import { isoTime, publicDelivery } from './store.ts'

/** `bodyOnly`: what is to be delivered, and nothing else. */
export async function showDelivery(
  store: Desk,
  id: string,
  { asJson, bodyOnly }: { readonly asJson: boolean; readonly bodyOnly: boolean },
  io: Io,
): Promise<ExitCode> {
  const delivery = await store.show(id)
  if (delivery === undefined) {
    await write(io.err, `there is no delivery ${printable(id)}\n`)
    return 1
  }
  if (asJson) await write(io.out, json(detailed(delivery)))
  else if (bodyOnly) await write(io.out, `${harmless(bodyOf(delivery.payload))}\n`)
  else
    await write(io.out, `${head(delivery)}${await history(store, delivery)}\n${harmless(bodyOf(delivery.payload))}\n`)
  return 0
}

function detailed(delivery: Delivery) {
  const { kind, item, envelope, payload, createdAt, updatedAt } = delivery
  const times = { createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) }
  return { ...publicDelivery(delivery), kind, item, envelope, ...times, payload }
}

function head(delivery: Delivery): string {
  const { payload: _, ...rest } = detailed(delivery)
  return Object.entries(rest)
    .map(([key, value]) => `${`${key}:`.padEnd(13)}${printable(String(value ?? '-'))}\n`)
    .join('')
}

/** What befell it, from the trace of its incident: who did what, and what the other end said. */
async function history(store: Desk, { id, incident }: Delivery): Promise<string> {
  const events = (await store.trace(incident)).filter(({ fields }) => fields.delivery === id)
  const lines = events.map(({ at, event, fields: { by, reason, note } }) => {
    const told = [by && `by ${by}`, reason ?? note].filter((one) => one).join(': ')
    return `${isoTime(at)}  ${event}${told && `  ${printable(told)}`}\n`
  })
  return lines.length === 0 ? '' : `\n${lines.join('')}`
}

/** Of the inner form in which the store keeps what is for a peer only the XML; anything else as it is. */
function bodyOf(payload: string): string {
  if (!payload.startsWith('{')) return payload
  const kept = parsePart(payload)
  if (kept.kind === 'part') return kept.part.original ?? [...kept.part.incidents].join('\n')
  if (kept.kind === 'invalid') return kept.item ?? payload
  return kept.kind === 'answer' ? kept.message : payload
}
