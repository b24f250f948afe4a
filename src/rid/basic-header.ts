import { GatewayError } from '../errors.ts'
import type { Receiver } from './contract.ts'

/** Of a request: who it says that it comes from. */
export type Shown =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'credentials'; readonly user: string; readonly password: string }

/** characters of the base64; bytes of a user-id, as many as the configuration takes */
const LONGEST = 1024
const LONGEST_USER = 255

const MALFORMED = { kind: 'malformed' } as const
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 7617 §2: neither of the two has one
const CONTROL = /[\x00-\x1f\x7f-\x9f]/

/**
 * The header field Authorization of Basic (RFC 7617 §2), as UTF-8 since that is what we ask for (§2.1). `rawHeaders`: names and values
 * alternating. Two of them are malformed: the next reader might take the other.
 */
export function readBasic(rawHeaders: readonly string[]): Shown {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'authorization')
  const [value] = values
  if (value === undefined) return { kind: 'nothing' }
  const [, coded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value) ?? []
  if (values.length > 1 || coded === undefined || coded.length > LONGEST) return MALFORMED
  const bytes = Buffer.from(coded, 'base64')
  if (bytes.toString('base64') !== coded) return MALFORMED
  const text = utf8(bytes)
  if (text === undefined || CONTROL.test(text)) return MALFORMED
  const [, user, password] = /^([^:]+):(.+)$/s.exec(text) ?? []
  if (user === undefined || password === undefined) return MALFORMED
  if (Buffer.byteLength(user) > LONGEST_USER) return MALFORMED
  return { kind: 'credentials', user: user.normalize('NFC'), password }
}

/** The value of the header field that says so. */
export function basicHeader(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
}

/** The header field for a receiver that asks for it: in each request, since it would ask again (§2.2). May throw GatewayError 'config-invalid'. */
export function credentials({ basic }: Pick<Receiver, 'basic'>): { readonly authorization?: string } {
  if (basic === undefined) return {}
  const password = basic.readPassword()
  if (password === '') throw new GatewayError('config-invalid', 'The password that the peer asks for is not there.')
  return { authorization: basicHeader(basic.user, password) }
}

function utf8(bytes: Buffer): string | undefined {
  try {
    // a byte order mark is part of the text
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
