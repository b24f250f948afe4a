import { hash } from 'node:crypto'
import { variantOf } from '../profile/variant.ts'
import type { DocumentReading } from '../reading/document.ts'
import type { RidReading } from '../rid/message.ts'

/** What makes two reports the same: all that they say, but for the parts of RIDPolicy that every sender writes anew. */
export function digestOfReport(
  msgType: string,
  { digest, original }: DocumentReading,
  around: Pick<RidReading, 'policy' | 'incidentSource' | 'signatures'> | null,
): string {
  const besides = variantOf({
    restriction: around?.policy?.attributes.restriction,
    incidentSource: around?.incidentSource ?? null,
    original: original?.text ?? null,
    signatures: around?.signatures ?? [],
  })
  return hash('sha256', `${msgType}\n${digest}\n${besides}`.trimEnd(), 'hex')
}
