import { hash } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import { COPIED, type CopiedRow, type CopiedTable, type CopySource, type CopyTarget } from './coding/copied-tables.ts'

/** How many rows, and what they are, in whatever order they come: the sum of their digests. */
interface Tally {
  rows: number
  sum: bigint
}

/** Of a table: how many rows were copied so far, or read again to see whether they are the same. */
export type CopyProgress = (table: string, rows: number, doing: 'copied' | 'verified') => void

const MODULUS = 1n << 256n

/**
 * Copies all there is, and reads it once more at its new place: rejects with 'store-corrupt' where that is not, row by row, what it was.
 * Begun again it passes over what is there already. Resolves with how many rows there are.
 */
export async function copyRows(from: CopySource, to: CopyTarget, progress: CopyProgress): Promise<number> {
  let all = 0
  for (const table of COPIED) {
    const sent: Tally = { rows: 0, sum: 0n }
    for await (const rows of from.rows(table)) {
      await to.take(table, rows)
      add(sent, rows)
      progress(table.name, sent.rows, 'copied')
    }
    const arrived = await tallyOf(to, table, progress)
    if (arrived.rows !== sent.rows || arrived.sum !== sent.sum) {
      const detail = `Of ${table.name} there were ${sent.rows} rows, and there are ${arrived.rows} now${arrived.rows === sent.rows ? ', which say something else' : ''}.`
      throw new GatewayError('store-corrupt', detail)
    }
    all += sent.rows
  }
  return all
}

async function tallyOf(source: CopySource, table: CopiedTable, progress: CopyProgress): Promise<Tally> {
  const tally: Tally = { rows: 0, sum: 0n }
  for await (const rows of source.rows(table)) {
    add(tally, rows)
    progress(table.name, tally.rows, 'verified')
  }
  return tally
}

function add(tally: Tally, rows: readonly CopiedRow[]): void {
  for (const row of rows) tally.sum = (tally.sum + BigInt(`0x${hash('sha256', JSON.stringify(row), 'hex')}`)) % MODULUS
  tally.rows += rows.length
}
