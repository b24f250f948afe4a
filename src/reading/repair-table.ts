/** What `lenient` mends, in words that an operator and whoever writes such documents both understand: docs/decisions/0017. */
export const REPAIRS = {
  doctype: 'a document type declaration that declares nothing is left out',
  namespace: 'a namespace that is nearly one of IODEF or RID, or is missing, is taken for that',
  version: 'the version is written as 2.00 or 1.00',
  lang: 'lang and xml:lang are written as the version of IODEF has it',
  time: 'a time has a T, a colon in its offset, and capitals',
  'msg-type': 'a MsgType is written as RFC 6545 has it',
  restriction: 'a restriction that is none counts as private, and is written so',
  word: 'a word of a list is written as the list has it',
  'ext-value': 'ext-value stands where another ext- word stood, with its own ext- attribute',
  type: 'a Contact without type is an organization',
  dtype: 'AdditionalData without dtype is xml, or string where it holds text',
  nodes: 'a System with several Nodes is one System each',
  order: 'the children of an Incident stand in the order of the schema',
  inquiry: 'an inquiry has what an Incident must have, as unknown',
} as const

export type RepairName = keyof typeof REPAIRS

/** Behind the reason of a refusal, for operators: what would have made it another. */
export function repairHint(repairable: readonly RepairName[] | undefined): string {
  return repairable === undefined ? '' : ` (lenient: true would repair it: ${repairable.join(', ')})`
}

export const REPAIR_NAMES = Object.keys(REPAIRS) as readonly RepairName[]
