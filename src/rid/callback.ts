/** RFC 6546 §3: 1*255(VCHAR) */
const TOKEN = /^[\x21-\x7e]{1,255}$/

/** The header field of a promise and of each answer that comes by callback (RFC 6546 §3). */
export const CALLBACK_TOKEN = 'rid-callback-token'

export function isCallbackToken(value: string): boolean {
  return TOKEN.test(value)
}
