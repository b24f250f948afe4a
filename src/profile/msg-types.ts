import type { MsgType } from '../vocabulary.ts'
import type { IncidentElement } from './item.ts'

/** Which XEP-0268 element carries which RID message (docs/grid-profile.md §1); null: it never reaches the grid. */
const ELEMENT_OF: Readonly<Record<MsgType, IncidentElement | null>> = {
  Report: 'report',
  Query: 'inquiry',
  InvestigationRequest: 'request',
  TraceRequest: 'request',
  Result: 'response',
  Acknowledgement: null,
}

const TYPE_OF: Readonly<Record<IncidentElement, MsgType>> = {
  report: 'Report',
  inquiry: 'Query',
  request: 'InvestigationRequest',
  response: 'Result',
}

export function elementOf(msgType: MsgType): IncidentElement | undefined {
  return ELEMENT_OF[msgType] ?? undefined
}

/** The RID message an element stands for; `stated` (its context's MsgType) decides between those that share an element. */
export function typeOf(element: IncidentElement, stated: string | undefined): MsgType {
  const same = (Object.keys(ELEMENT_OF) as MsgType[]).find((type) => type === stated && ELEMENT_OF[type] === element)
  return same ?? TYPE_OF[element]
}
