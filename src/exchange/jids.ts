import type { RouteConfig } from '../config/types.ts'

/** Whom on the grid questions may be asked of, each once: full JIDs and domains. */
export function askedJids(routes: readonly RouteConfig[]): string[] {
  const asked = routes.flatMap(({ ask }) => ask ?? [])
  return [...new Set(asked.flatMap((one) => (one.startsWith('jid:') ? [one.slice('jid:'.length)] : [])))]
}

/** Without the resource (RFC 7622 §3.1): who it is, whatever he is logged in with. */
export function bareOf(jid: string): string {
  const slash = jid.indexOf('/')
  return slash === -1 ? jid : jid.slice(0, slash)
}
