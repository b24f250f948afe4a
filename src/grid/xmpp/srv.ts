import { Resolver } from 'node:dns/promises'
import { GatewayError } from '../../errors.ts'
import { codeOf, networkWords } from '../../failure-words.ts'

/** One record of a SRV lookup (RFC 2782). */
export interface SrvRecord {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** Asks DNS, until the signal aborts. Rejects as `node:dns` does, with a code. */
export type ResolveSrv = (name: string, signal?: AbortSignal) => Promise<readonly SrvRecord[]>

export interface SrvOptions {
  /** [the name servers of the system] */
  readonly resolve?: ResolveSrv | undefined
  /** in [0, 1), for the draw by weight */
  readonly random?: () => number
  readonly signal?: AbortSignal
}

interface Target extends SrvRecord {
  readonly scheme: 'xmpp' | 'xmpps'
}

/** The services of a domain, in the clear with STARTTLS (RFC 6120 §3.2.1) and inside TLS (XEP-0368 §2). */
const SERVICES = [
  { prefix: '_xmpp-client._tcp', scheme: 'xmpp' },
  { prefix: '_xmpps-client._tcp', scheme: 'xmpps' },
] as const

/** addresses that are tried of those that DNS gives */
const MOST = 16
/** ms for one question to one name server, and how often each is asked */
const TIMEOUT = 2_000
const TRIES = 2

/** There are none of that name. */
const NONE = new Set(['ENOTFOUND', 'ENODATA'])

/** Asks these name servers [those of the system, as they are configured now]. */
export async function resolveSrv(name: string, signal?: AbortSignal, servers?: readonly string[], timeout = TIMEOUT) {
  const resolver = new Resolver({ timeout, tries: TRIES })
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = () => resolver.cancel()
  signal?.addEventListener('abort', cancel)
  try {
    return await resolver.resolveSrv(name)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

/**
 * Where the XMPP service of a domain is, by its SRV records: those of both services as if they were one set, in the order in which they are
 * to be tried. Where there are none, the domain itself at 5222 (RFC 6120 §3.2.2). `domain`: with A-labels. Rejects with GatewayError
 * 'grid-away': the domain says that it has no such service, or DNS does not answer.
 */
export async function srvAddresses(
  domain: string,
  { resolve = resolveSrv, random = Math.random, signal }: SrvOptions = {},
): Promise<string[]> {
  const answers = await Promise.allSettled(SERVICES.map(({ prefix }) => resolve(`${prefix}.${domain}`, signal)))
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
  const found = answers.flatMap((answer, i): Target[] => {
    const scheme = SERVICES[i]?.scheme ?? 'xmpp'
    return answer.status === 'fulfilled' ? answer.value.map((record) => ({ ...record, scheme })) : []
  })
  const usable = found.filter(({ name, port }) => isHost(name) && port > 0)
  if (usable.length > 0) return [...new Set(inOrder(usable, random).slice(0, MOST).map(address))]
  const failure = failures.find((error) => !NONE.has(codeOf(error) ?? ''))
  if (failure !== undefined) throw unanswered(domain, failure)
  // RFC 2782: the target `.` means that there is no such service
  if (found.length > 0) throw away(`${domain} has no XMPP service: its SRV records say so.`)
  return [`xmpp://${domain}:5222`]
}

function address({ scheme, name, port }: Target): string {
  return `${scheme}://${name.replace(/\.$/, '')}:${port}`
}

/** What can stand in the place of a host; neither `.` nor what somebody wrote into DNS for fun. */
function isHost(name: string): boolean {
  return name.length <= 254 && /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?$/i.test(name)
}

function unanswered(domain: string, error: unknown): GatewayError {
  const raw = codeOf(error) ?? 'unknown'
  const words = networkWords(raw)
  return away(`Where ${domain} is served, its SRV records do not say: ${words}.`, raw)
}

function away(detail: string, raw?: string): GatewayError {
  return new GatewayError('grid-away', detail, raw === undefined ? {} : { fields: { raw } })
}

/** RFC 2782: the lowest priority first; of one priority by chance, each with the odds of its weight. */
function inOrder(targets: readonly Target[], random: () => number): Target[] {
  const left = [...targets].sort((a, b) => a.priority - b.priority || Math.sign(a.weight) - Math.sign(b.weight))
  const ordered: Target[] = []
  while (left.length > 0) {
    const same = left.filter(({ priority }) => priority === left[0]?.priority)
    const sum = same.reduce((total, { weight }) => total + weight, 0)
    // from 0 to the sum, both of them with it
    const drawn = Math.floor(random() * (sum + 1))
    let running = 0
    const chosen = same.findIndex(({ weight }) => {
      running += weight
      return running >= drawn
    })
    ordered.push(...left.splice(chosen, 1))
  }
  return ordered
}
