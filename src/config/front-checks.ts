import type { Look } from './look.ts'
import { at, list } from './tree.ts'

/** Proxies in front of the RID endpoint: that they are believed, and who they are, are nothing without each other. */
export function checkProxies({ tree, problem, warning }: Look): void {
  const proxies = list(at(tree, 'rid', 'proxies'))
  const isSet = [true, 'true'].includes(at(tree, 'rid', 'proxyProtocol') as string)
  if (isSet && proxies.length === 0)
    problem(['rid', 'proxies'], 'is required with proxyProtocol: the addresses of the proxies, as [10.0.0.5]')
  if (!isSet && proxies.length > 0) warning(['rid', 'proxies'], 'has no effect without proxyProtocol: true')
  for (const [i, proxy] of proxies.entries()) {
    if (isSet && /\/0+$/.test(String(proxy)))
      warning(['rid', 'proxies', i], 'is every address: anybody may say that he is anywhere')
  }
}
