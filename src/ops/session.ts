import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Clock } from '../clock.ts'

/** What the page says once, after an act. */
export interface Notice {
  readonly text: string
  readonly done: boolean
}

/** One browser in which an operator signed in. */
export interface Session {
  /** What a form for this act carries: it fits no other act, and no other session. */
  seal(act: string): string
  sealed(act: string, seal: string): boolean
  notice(notice: Notice): void
  /** The last one, for a while. */
  noticed(): Notice | undefined
}

type SignIn =
  | { readonly outcome: 'in'; readonly cookie: string }
  | { readonly outcome: 'wrong' }
  /** `seconds` until another try is looked at */
  | { readonly outcome: 'too-many'; readonly seconds: number }

export interface Sessions {
  /** Whose cookie this is; undefined as well once its time is over, or once the token is another. */
  of(cookies: string | undefined): Session | undefined
  /** `remote`: the address that it comes from. */
  signIn(token: string, remote: string): SignIn
  signOut(cookies: string | undefined): void
}

const COOKIE = 'iodef-gateway'
/** ms that a session lasts, and that a notice is shown */
const LASTS = 12 * 3_600_000
const NOTICED = 20_000
/** sessions at a time: the oldest ends when there is one more */
const MOST = 100
/** wrong tokens from one address in a minute, after which no other is looked at; and addresses that are remembered */
const TRIES = 5
const MINUTE = 60_000
const ADDRESSES = 10_000

interface Kept extends Session {
  readonly until: number
  /** of the token that it was begun with */
  readonly token: Buffer
}

/**
 * Sessions are kept in memory alone: a restart ends them, and so does another token. `readToken` is asked each time; what it throws,
 * `signIn` throws, and nobody is signed in.
 */
export function createSessions(clock: Pick<Clock, 'now'>, readToken: () => string): Sessions {
  const sessions = new Map<string, Kept>()
  const wrong = new Map<string, number[]>()

  function kept(cookies: string | undefined): [string, Kept] | undefined {
    const value = cookieOf(cookies)
    const key = value === undefined ? '' : digest(value).toString('hex')
    const found = sessions.get(key)
    if (found === undefined) return undefined
    if (clock.now() < found.until && isToken(found.token)) return [key, found]
    sessions.delete(key)
    return undefined
  }

  function isToken(theirs: Buffer): boolean {
    try {
      const token = readToken()
      return token !== '' && timingSafeEqual(digest(token), theirs)
    } catch {
      return false
    }
  }

  return {
    of: (cookies) => kept(cookies)?.[1],
    signIn(written, remote) {
      const now = clock.now()
      const from = network(remote)
      const tried = (wrong.get(from) ?? []).filter((at) => at > now - MINUTE && at <= now)
      const [first] = tried
      if (first !== undefined && tried.length >= TRIES) {
        return { outcome: 'too-many', seconds: Math.ceil((first + MINUTE - now) / 1000) }
      }
      const token = readToken()
      // of the digests, so that neither content nor length shows in the time
      if (token === '' || !timingSafeEqual(digest(token), digest(written))) {
        wrong.delete(from)
        wrong.set(from, [...tried, now])
        bound(wrong, ADDRESSES)
        return { outcome: 'wrong' }
      }
      const value = randomBytes(32).toString('base64url')
      sessions.set(digest(value).toString('hex'), session(clock, digest(token)))
      bound(sessions, MOST)
      return { outcome: 'in', cookie: `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${LASTS / 1000}` }
    },
    signOut(cookies) {
      sessions.delete(kept(cookies)?.[0] ?? '')
    },
  }
}

function session(clock: Pick<Clock, 'now'>, token: Buffer): Kept {
  const key = randomBytes(32)
  const seal = (act: string) => createHmac('sha256', key).update(act).digest('base64url')
  let last: (Notice & { readonly until: number }) | undefined
  return {
    until: clock.now() + LASTS,
    token,
    seal,
    sealed: (act, given) => timingSafeEqual(digest(seal(act)), digest(given)),
    notice(notice) {
      last = { ...notice, until: clock.now() + NOTICED }
    },
    noticed: () => (last !== undefined && clock.now() < last.until ? last : undefined),
  }
}

function cookieOf(cookies: string | undefined): string | undefined {
  const pairs = (cookies ?? '').split(';').map((pair) => pair.trim().split('='))
  return pairs.find(([name]) => name === COOKIE)?.[1]
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whoever has an IPv6 address has the 2^64 around it. */
function network(remote: string): string {
  if (!isIPv6(remote) || remote.includes('.')) return remote
  const [left = '', right] = remote.split('::')
  const groups = left.split(':').filter((group) => group !== '')
  const behind = right === undefined ? [] : right.split(':').filter((group) => group !== '')
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - behind.length) }, () => '0')
  return [...groups, ...zeros, ...behind].slice(0, 4).join(':')
}

/** The oldest go. */
function bound(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}
