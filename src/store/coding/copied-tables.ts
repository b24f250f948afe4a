/** A value of a row on its way from one database to another: digests as hex, flags as 0 and 1. */
export type Cell = string | number | null
export type CopiedRow = readonly Cell[]

/** What is copied from one database to another, in an order in which nothing refers to what comes later. */
export interface CopiedTable {
  readonly name: string
  readonly columns: readonly string[]
}

/** Rows of one database, all of one table. */
export interface CopySource {
  rows(table: CopiedTable): AsyncIterable<readonly CopiedRow[]>
}

/** Rows for another. What is there already is passed over. */
export interface CopyTarget extends CopySource {
  take(table: CopiedTable, rows: readonly CopiedRow[]): Promise<void>
}

const table = (name: string, columns: string): CopiedTable => ({ name, columns: columns.split(' ') })

export const COPIED: readonly CopiedTable[] = [
  table('envelope', 'seq direction source digest msg_type incidents received_at'),
  table('destination', 'id kind name pending sending held withheld paused_at paused_by'),
  table('document', 'seq id items open'),
  table('document_item', 'item document place'),
  table('delivery_group', 'seq destination document missing came'),
  table(
    'delivery',
    'seq envelope destination incident also origin item variant name state ready ord grp attempts due not_before lease reason ' +
      'created_at updated_at requeued_at bound behind',
  ),
  table('body', 'seq digest text'),
  table('payload', 'delivery body'),
  table('item_source', 'item variant source'),
  table('seen', 'topic item digest at'),
  table('cursor', 'topic item digest at'),
  table('trace', 'seq at incident event fields'),
  table('trace_share', 'source day rows more rest'),
  table(
    'exchange',
    'seq id asker_kind asker address msg_type incident digest question token state outcome opened pending_at expires closed',
  ),
  table('leg', 'exchange n kind target state token reason updated joined afterwards'),
  table('answer', 'exchange n leg msg_type digest body at delivery sent'),
  table('record', 'seq topic item content taken_in t_from t_to detected rating confidence needed'),
  table('record_body', 'record body'),
  table('record_term', 'kind lo hi record'),
]
