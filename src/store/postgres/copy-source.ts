import type postgres from 'postgres'
import { GatewayError, messageOf } from '../../errors.ts'
import { COPIED, type CopySource } from '../coding/copied-tables.ts'
import { openSessions, type Place } from './connect.ts'
import { columnTypes, copiedRows } from './copied-rows.ts'
import { isLocked, storeError } from './faults.ts'
import { DEAD_AFTER } from './instances.ts'
import { migrate } from './migrate.ts'

interface PostgresSource extends CopySource, AsyncDisposable {}

/** ms that what somebody writes at this instant may take */
const PATIENCE = 15_000

/**
 * A store to be copied from: no gateway is at work on it, none starts on it meanwhile, and nobody else writes to it. Rejects as `migrate`
 * does, and with 'store-unavailable' where a gateway shows that it lives, or where the tables are those of a newer version.
 */
export async function openForCopy(place: Place): Promise<PostgresSource> {
  const { version, ours } = await migrate(place, { create: false })
  if (version > ours) {
    const detail = `The tables are of version ${version}, and this program knows ${ours}: copy them with the newer one.`
    throw new GatewayError('store-unavailable', detail)
  }
  // it says nothing while what it has read is written
  const sessions = openSessions(place, {
    name: 'copy',
    sessions: 1,
    parameters: { idle_in_transaction_session_timeout: 0, lock_timeout: PATIENCE },
  })
  let tx: postgres.ReservedSql | undefined
  const end = async () => {
    // the library would wait for whoever has a connection
    tx?.release()
    await sessions.sql.end({ timeout: 1 })
  }
  try {
    await sessions.opened()
    const own = await sessions.sql.reserve()
    tx = own
    // those that are at work need not wait for us to see it
    await assertAtRest(own)
    await own.unsafe('BEGIN')
    // one that was given up, and wakes, writes nothing meanwhile; who only reads need not wait
    await own.unsafe(`LOCK TABLE instance, ${COPIED.map(({ name }) => name).join(', ')} IN SHARE MODE`)
    await assertAtRest(own)
    const types = await columnTypes(own, place.schema)
    return {
      rows: (table) => copiedRows(own, types, table),
      [Symbol.asyncDispose]: end,
    }
  } catch (error) {
    await end()
    if (!isLocked(error)) throw storeError(error)
    throw new GatewayError('store-unavailable', `Somebody is writing to this store: ${messageOf(error)}.`)
  }
}

/** By the server's clock, as gateways know each other. */
async function assertAtRest(sql: postgres.ISql): Promise<void> {
  const [one] = await sql.unsafe<{ host: string; pid: number }[]>(
    `SELECT host, pid FROM instance WHERE beat > clock_timestamp() - make_interval(secs => $1) ORDER BY beat DESC LIMIT 1`,
    [DEAD_AFTER / 1000],
  )
  if (one === undefined) return
  const detail = `A gateway is at work on this store, process ${one.pid} of ${one.host}: stop it. One that was killed counts as such for ${DEAD_AFTER / 1000} s.`
  throw new GatewayError('store-unavailable', detail)
}
