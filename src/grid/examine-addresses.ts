import type { GridConfig } from '../config/types.ts'
import type { GridFinding } from './contract.ts'
import { loginFinding } from './login-finding.ts'
import { controllerAddresses } from './xmpp/addresses.ts'
import { asGatewayError } from './xmpp/entity.ts'
import { logInAt } from './xmpp/log-in.ts'
import type { Session } from './xmpp/session.ts'
import type { ResolveSrv } from './xmpp/srv.ts'

/** What each address of the Controller answers, and a session at the first that takes the login. */
interface Addresses {
  readonly session: Session | undefined
  readonly findings: readonly GridFinding[]
}

/**
 * Logs in at each address, one after the other: each would have to do alone. One that is away while another takes the login is a warning, since
 * nothing stands still. Never rejects.
 */
export async function examineAddresses(config: GridConfig, resolve?: ResolveSrv): Promise<Addresses> {
  let addresses: readonly string[]
  try {
    addresses = await controllerAddresses(config, { resolve })
  } catch (error) {
    const { detail } = asGatewayError(error)
    return { session: undefined, findings: [{ kind: 'unreachable', path: 'grid.service', message: detail }] }
  }
  const several = addresses.length > 1 || config.service === 'srv'
  const good: Session[] = []
  const findings: GridFinding[] = []
  for (const [i, service] of addresses.entries()) {
    const path = Array.isArray(config.service) ? `grid.service[${i}]` : 'grid.service'
    try {
      good.push(await logInAt({ ...config, service }))
      if (several) findings.push({ kind: 'note', path, message: `${service} takes the login` })
    } catch (error) {
      const found = loginFinding(asGatewayError(error), { ...config, service })
      findings.push(found.path === 'grid.service' ? { ...found, path } : found)
    }
  }
  const [session, ...others] = good
  await Promise.all(others.map((session) => session.close()))
  if (session === undefined) return { session, findings }
  const tolerable = ({ kind, ...found }: GridFinding): GridFinding => ({
    kind: kind === 'unreachable' ? 'warning' : kind,
    ...found,
  })
  return { session, findings: findings.map(tolerable) }
}
