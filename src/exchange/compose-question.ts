import type { PeerConfig } from '../config/types.ts'
import { leastIncident } from '../iodef/least-incident.ts'
import { LABELS, labelOf } from '../iodef/restriction.ts'
import { joinDocument, PLAIN_SHELL } from '../profile/shell.ts'
import type { RidPolicy } from '../rid/message.ts'

interface Composing {
  /** what is asked for, and how it is restricted */
  readonly policy: Pick<RidPolicy, 'attributes' | 'incidentId'>
  /** who asks: a DNS name, where there is one */
  readonly by: string
  /** ms since the epoch */
  readonly at: number
  /** what those it is asked of may see: the question is as strict as that, where its RIDPolicy says nothing */
  readonly restrictions: PeerConfig['restrictions']
}

/**
 * An IODEF-Document, valid and in normal form, for a question that has none: the grid has no other place for a question. It asks for the
 * incident that RIDPolicy names, and says nothing that the question did not say. The same question makes the same document.
 */
export function composeQuestion({ policy, by, at, restrictions }: Composing): string {
  const { attributes = {}, text = '' } = policy.incidentId ?? {}
  const incident = leastIncident({
    purpose: 'traceback',
    restriction: policy.attributes.restriction ?? strictestOf(restrictions),
    id: { attributes: { name: by, ...attributes }, text },
    generated: at,
    creator: by,
  })
  return joinDocument(PLAIN_SHELL, [incident])
}

/** The word for the strictest that is listed; of what lists none, what nobody may see. */
function strictestOf(restrictions: PeerConfig['restrictions']): string {
  const labels = restrictions.map(labelOf)
  const strict = LABELS.findLast((label) => label !== 'default' && labels.includes(label))
  return strict ?? (labels.includes('default') ? 'default' : 'private')
}
