import { GatewayError } from '../errors.ts'
import { postgresUrl } from './fields.ts'
import { isLocal, store } from './store-model.ts'
import type { StoreConfig } from './types.ts'

/**
 * Where a store is by what somebody wrote: the path of a file, or a URL as `store.postgres` has it, with schema, password and TLS of the
 * configuration's. Throws 'usage' for a URL that is none.
 */
export function storeAt(text: string, configured: StoreConfig): StoreConfig {
  if (!/^postgres(?:ql)?:/.test(text)) return { path: text }
  const { data: url, error } = postgresUrl.safeParse(text)
  // a password may stand in it
  if (url === undefined) throw new GatewayError('usage', `The URL of the store ${error?.issues[0]?.message ?? ''}.`)
  const { schema = store.shape.schema.parse(undefined), readPassword, tls } = configured.postgres ?? {}
  const safely = tls ?? (isLocal(url) ? undefined : {})
  return {
    path: configured.path,
    postgres: { url, schema, ...(readPassword && { readPassword }), ...(safely && { tls: safely }) },
  }
}
