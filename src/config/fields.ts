import { isIP } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'
import { z } from 'zod'
import { didYouMean } from '../did-you-mean.ts'
import { ridUrl as parseRidUrl } from './rid-url.ts'
import { parseDuration, parseSize } from './units.ts'

/** What `must be` says; a value that is not there is always `is required`. */
function must(what: string): { error: (issue: { input?: unknown }) => string } {
  return { error: ({ input }) => (input === undefined ? 'is required' : `must be ${what}`) }
}

/** A mapping in which unknown keys are errors: one line of the message for each, in the order of the issue's `keys`. */
export function mapping<S extends z.core.$ZodLooseShape>(shape: S) {
  return needed('', shape)
}

/** The same, and what to write where it is missing. */
export function needed<S extends z.core.$ZodLooseShape>(what: string, shape: S) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (what !== '' && issue.input === undefined) return `is required: ${what}`
      if (issue.code !== 'unrecognized_keys') return must('a mapping (key: value)').error(issue)
      return issue.keys.map((key) => `is not a known key${didYouMean(key, Object.keys(shape))}`).join('\n')
    },
  })
}

export function list<T extends z.core.SomeType>(entry: T, what: string) {
  return z.array(entry, must(`a list of ${what}, as [a, b]`))
}

/** A value parsed from text; `parse` gives undefined for what it does not take. */
function parsed<T>(what: string, parse: (value: string) => T | undefined) {
  const text = z.string(must(what)).meta({ title: what })
  return text.transform((value, context) => {
    const result = parse(value)
    if (result !== undefined) return result
    context.addIssue(`must be ${what}`)
    return z.NEVER
  })
}

const matching = (what: string, pattern: RegExp, most = 1024) =>
  parsed(what, (value) => (value.length <= most && pattern.test(value) ? value : undefined))

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const LINE = /^[^\x00-\x1f\x7f]+$/

export const line = matching('text of one line', LINE)
export const name = matching('a name of 1 to 64 characters on one line', LINE, 64)
export const file = matching('the path of a file', LINE, 4096)
const DNS = /^(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/

/** RFC 7617 §2: no colon, and no control characters. */
export const user = parsed('a user-id of 1 to 64 characters, without a colon', (value) =>
  value.length <= 64 && LINE.test(value) && !value.includes(':') ? value.normalize('NFC') : undefined,
)

/** As certificates have it, with A-labels; also taken as it is read (RFC 5890 §2.3.2.1). */
export const dns = parsed('a DNS name, as csirt.example', asDns)
/** RFC 6546 §3.1 */
export const dnsId = parsed(
  'a DNS name, as csirt.example: no wildcard, and no address; fingerprint is for those',
  asDns,
)

function asDns(value: string): string | undefined {
  const ascii = /^[\x21-\x7e]+$/.test(value) ? value : domainToASCII(value)
  return ascii.length <= 253 && DNS.test(ascii) ? ascii : undefined
}

export const domain = parsed('the address of a service, as pubsub.grid.example', (value) =>
  value.length <= 1024 && /^[^\s@/<>&"':]+$/.test(value) ? withULabels(value) : undefined,
)
export const bareJid = parsed('a bare JID, as gateway@grid.example (no resource)', (value) => {
  const [, local, host = ''] = /^([^\s@/<>&"':]{1,1023})@([^\s@/<>&"':]{1,1023})$/.exec(value) ?? []
  return local === undefined ? undefined : `${local}@${withULabels(host)}`
})

/** Somebody on the grid: a person, or a server that speaks for itself. */
export const address = parsed(
  'a bare JID or a domain, as soc@grid.example or grid.example (no resource)',
  (value) => bareJid.safeParse(value).data ?? domain.safeParse(value).data,
)
export const resource = matching('a resource of 1 to 200 characters, without white space', /^[^\s<>&"']{1,200}$/)

/**
 * The domain of a JID has U-labels (RFC 7622 §3.2.1); one with A-labels, as DNS and certificates have it, servers do not know. Where
 * a label stands for nothing it stays as it is.
 */
function withULabels(host: string): string {
  return /(^|\.)xn--/i.test(host) ? domainToUnicode(host) || host : host
}

export const pin = matching(
  'a pin, as sha256/ and the base64 SHA-256 of a public key (44 characters)',
  /^sha256\/[A-Za-z0-9+/]{43}=$/,
)

/** SHA-256 of a certificate as Node writes it: `AB:CD:...`, 32 bytes. Also taken: without colons, in lower case. */
export const fingerprint = parsed('the SHA-256 of a certificate: 32 bytes in hex, as AB:CD:...', (value) => {
  const hex = value
    .replace(/^sha-?256[:=/ ]\s*/i, '')
    .replaceAll(/[:\s]/g, '')
    .toUpperCase()
  return /^[0-9A-F]{64}$/.test(hex) ? hex.match(/../g)?.join(':') : undefined
})

export const ridUrl = parsed(
  'an https:// URL without user, path, query or fragment, as https://csirt.example:4590/',
  parseRidUrl,
)

const SERVICE = 'xmpp://HOST:PORT (STARTTLS) or xmpps://HOST:PORT (direct TLS)'

/** `xmpp://HOST:PORT` or `xmpps://HOST:PORT`; ports of RFC 6120 and XEP-0368's custom when left out. */
export const xmppService = parsed(SERVICE, (value) => {
  const match = /^(xmpps?):\/\/(\[[0-9a-fA-F:.]+\]|[^\s/:@?#[\]]+)(?::(\d{1,5}))?\/?$/.exec(value)
  if (!match) return undefined
  const [, scheme, host = '', port = scheme === 'xmpp' ? '5222' : '5223'] = match
  if (host.startsWith('[') && isIP(host.slice(1, -1)) !== 6) return undefined
  return Number(port) > 0 && Number(port) <= 65_535 ? `${scheme}://${host}:${port}` : undefined
})

/** One such address, or several in the order in which they are tried, or `srv`. */
export const controller = z
  .union(
    [z.string().meta({ title: `${SERVICE}, or srv` }), z.array(z.string().meta({ title: SERVICE }))],
    must(`${SERVICE}, a list of these, or srv`),
  )
  .transform((value, context) => {
    if (value === 'srv') return value
    const list = typeof value === 'string' ? [value] : value
    const made = list.map((one) => xmppService.safeParse(one).data)
    for (const [i, one] of made.entries()) {
      const where = typeof value === 'string' ? [] : [i]
      const twice = one !== undefined && made.indexOf(one) < i
      const what = typeof value === 'string' ? `${SERVICE}, a list of these, or srv` : SERVICE
      if (one === undefined) context.addIssue({ code: 'custom', path: where, message: `must be ${what}` })
      if (twice) context.addIssue({ code: 'custom', path: where, message: 'is in the list already' })
    }
    if (list.length === 0) context.addIssue('is empty: needs at least one address')
    const services = made.filter((one) => one !== undefined)
    return typeof value === 'string' ? (services[0] ?? z.NEVER) : services
  })

export const ip = parsed('an IP address, as 203.0.113.5 or 2001:db8::5', (value) =>
  isIP(value) === 0 ? undefined : value,
)

/** One address, or all of a network. */
export const network = parsed('an IP address or a network, as 203.0.113.5 or 10.0.0.0/8', asNetwork)

function asNetwork(value: string): string | undefined {
  const [address = '', prefix, ...more] = value.split('/')
  const bits = isIP(address) === 4 ? 32 : 128
  if (isIP(address) === 0 || /%/.test(address) || more.length > 0) return undefined
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits) ? value : undefined
}

/** Of an https URL, as its host and port; an address or a network as well. */
export const uploadHost = parsed(
  'HOST or HOST:PORT, as upload.grid.example, an address, or a network, as 10.0.0.0/8',
  (value) => {
    if (value.includes('/') || isIP(value) > 0) return asNetwork(value)
    const url = /^[^\s/@?#*]+$/.test(value) ? URL.parse(`https://${value}/`) : null
    return url === null || url.port === '0' ? undefined : url.host
  },
)

export const duration = parsed('a duration with its unit (ms, s, m, h, d), as 30s', (value) => {
  const ms = parseDuration(value)
  return ms !== undefined && ms > 0 ? ms : undefined
})

export const size = parsed('a size with its unit (B, KB, MB, KiB, MiB), as 250KB', (value) => {
  const bytes = parseSize(value)
  return bytes !== undefined && bytes > 0 ? bytes : undefined
})

/** Who answers an IQ himself: at a bare JID his server would (RFC 6121 §8.5.2.2). In the form that servers write it. */
function askedJid(value: string): `jid:${string}` | undefined {
  const [, bare = '', resource] = /^([^/]+)(?:\/([^<>&"']{1,1023}))?$/.exec(value) ?? []
  const asked = resource === undefined ? domain.safeParse(bare).data : bareJid.safeParse(bare).data
  if (asked === undefined) return undefined
  return `jid:${asked.toLowerCase()}${resource === undefined ? '' : `/${resource}`}`
}

/** Whom a question is asked of. */
export const ask = parsed(
  'archive, held, peer: and the name of a peer, jid: and a full JID or a domain, or topic: and the name of a Topic',
  (value): 'archive' | 'held' | `peer:${string}` | `jid:${string}` | `topic:${string}` | undefined => {
    if (value === 'archive' || value === 'held') return value
    if (value.startsWith('jid:')) return askedJid(value.slice('jid:'.length))
    if (value.startsWith('topic:') && value.length > 6) return value as `topic:${string}`
    return value.startsWith('peer:') && value.length > 5 && value.length <= 69 ? (value as `peer:${string}`) : undefined
  },
)

/** For the JSON Schema: text that holds `${NAME}` somewhere. */
export const VARIABLE = '\\$\\{'

/** Where a number or flag is meant, an environment variable still is text. */
const variable = z.string().meta({ pattern: VARIABLE })

/** A whole number; as text too, because an environment variable is text. */
export function whole(what: string, least: number, most: number) {
  const expected = `${what} (${least} to ${most})`
  const number = z.number().meta({ type: 'integer', minimum: least, maximum: most })
  return z.union([number, variable], must(expected)).transform((value, context) => {
    const n = typeof value === 'string' && !/^\d+$/.test(value) ? Number.NaN : Number(value)
    if (Number.isInteger(n) && n >= least && n <= most) return n
    context.addIssue(`must be ${expected}`)
    return z.NEVER
  })
}

export const port = whole('a port', 0, 65_535)

/** Where it listens unless told otherwise; 4590 is RFC 6546 section 4's. */
export const LISTENS = { rid: { host: '::', port: 4590 }, ops: { host: '127.0.0.1', port: 9590 } } as const

/** true or false; as text too, because an environment variable is text. */
export const flag = z.union([z.boolean(), variable], must('true or false')).transform((value, context) => {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  context.addIssue('must be true or false')
  return z.NEVER
})

export function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, {
    error: ({ input }) => {
      if (input === undefined) return 'is required'
      const hint = typeof input === 'string' ? didYouMean(input.replace(/^TLP:\s*/i, ''), values) : ''
      return `must be one of ${values.join(', ')}${hint}`
    },
  })
}

/** Several hosts with commas between them. No password: it stands in a file, or in the environment. */
export const postgresUrl = parsed(
  'postgres://USER@HOST[:PORT]/DATABASE without a password and without parameters; several hosts are HOST,HOST, as postgres://gateway@db.example/iodef',
  (value) => {
    const written = value.replace(/^postgresql:/, 'postgres:')
    return /^postgres:\/\/[\w.~%+-]+@[\w.-]+(?::\d+)?(?:,[\w.-]+(?::\d+)?)*\/[\w.~%+-]+$/.test(written)
      ? written
      : undefined
  },
)

/** A name that needs no quotes in SQL, and is not one of the server's own. */
export const sqlName = matching(
  'a name of small letters and digits and _, as iodef_gateway',
  /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/,
)
