import { checkMessage as findingsOf } from '../rid/contradictions.ts'
import type { Diagnostic } from '../xml/tree.ts'
import type { Checked } from './check-text.ts'
import type { ReadOptions } from './inspection.ts'

interface CheckedMessage extends Checked {
  /** why it is not taken as a message, although its schema accepts it */
  readonly improper: readonly Diagnostic[]
}

/**
 * The step `message`, of a RID message that its schema has accepted: does it contradict itself? What RFC 6545 demands besides is told, and
 * counts the same where `strict` is asked for. It is valid all the same: that is a matter of schemas.
 */
export function checkMessage(checked: Checked, { strict = false }: ReadOptions): CheckedMessage {
  const { format, root, document, facts, warnings } = checked
  if (format !== 'RID') return { ...checked, improper: [] }
  const { contradictions, lapses, oddities } = findingsOf(root, document, facts.mentioned)
  return {
    ...checked,
    warnings: [...warnings, ...(strict ? [] : lapses), ...oddities],
    improper: strict ? [...contradictions, ...lapses] : contradictions,
  }
}
