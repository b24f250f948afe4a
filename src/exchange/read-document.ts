import { GatewayError } from '../errors.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { ExchangeContext } from './context.ts'

type Document = NonNullable<Inspection['document']>

/** `document`: what is shown of it; `reason`: why nothing can be, as a clause */
type Read =
  | {
      readonly rid: Inspection['rid']
      readonly document: Document | Exclude<NonNullable<Document['upgraded']>, { invalid: string }>
    }
  | { readonly reason: string }

/**
 * A question or an answer read once more, as what it is shown on the grid: of IODEF 1 its upgrade, which has it as it came beside it, or
 * that itself (`asItStands`). Rejects with a transient GatewayError where nobody could read it now.
 */
export async function readDocument(
  reader: ExchangeContext['reader'],
  peer: string,
  xml: string,
  asItStands = false,
): Promise<Read> {
  const inspection = await read(reader, peer, xml, asItStands)
  if (inspection === undefined) return { reason: 'its document cannot be read any more' }
  const { valid, rid, document } = inspection
  if (!valid || document === null) return { reason: 'its document is not valid' }
  if (asItStands) return { rid, document }
  const { upgraded, obstacle, misfit } = document
  if (upgraded !== null && 'invalid' in upgraded) return { reason: `it cannot be upgraded: ${upgraded.invalid}` }
  const shown = upgraded ?? document
  const hindrance = obstacle ?? misfit ?? shown.obstacle ?? shown.misfit
  return hindrance === null ? { rid, document: shown } : { reason: hindrance }
}

async function read(
  reader: ExchangeContext['reader'],
  peer: string,
  xml: string,
  asItStands: boolean,
): Promise<Inspection | undefined> {
  try {
    return await reader.inspect(Buffer.from(xml), { charset: 'utf-8', asItStands }, { peer })
  } catch (error) {
    if (error instanceof GatewayError && error.permanence === 'permanent') return undefined
    throw error
  }
}
