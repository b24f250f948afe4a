import { createHmac, randomBytes } from 'node:crypto'
import type { PeerConfig, RidConfig } from '../config/types.ts'
import { isPassword } from '../password-hash.ts'
import type { Tell } from '../tell.ts'
import { readBasic, type Shown } from './basic-header.ts'
import { createBasicUsers, type Login } from './basic-users.ts'
import type { Connection } from './connections.ts'
import { networkOf } from './handshakes.ts'
import type { ListenerNews, LoginFault } from './news.ts'
import { type Refusal, refused, tooMany } from './preconditions.ts'
import { Rates } from './rates.ts'
import { Turns } from './turns.ts'

type Checked = { readonly kind: 'peer'; readonly peer: PeerConfig; readonly login: Login } | Refusal
type Credentials = Shown & { kind: 'credentials' }

/** HTTP Basic (RFC 7617) over TLS, for peers that have no client certificate. */
interface BasicLogins {
  /** Whose request this is, of a client without a certificate. In the order of the requests of a connection. */
  check(connection: Connection, rawHeaders: readonly string[]): Promise<Checked>
  /** Why not, where a client with a certificate says that it is a user, and is not. */
  beside(connection: Connection, rawHeaders: readonly string[]): Promise<Refusal | undefined>
  isGood(login: Login): boolean
  /** The peers are others: from the next request on. */
  use(peers: readonly PeerConfig[]): void
}

interface BasicOptions {
  readonly rid: () => Pick<RidConfig, 'name'>
  readonly peers: readonly PeerConfig[]
  readonly tell: Tell<ListenerNews>
  /** Did a peer come from that address? */
  readonly isKnown: (address: string) => boolean
  /** ms, of any clock that goes on */
  readonly now?: () => number
}

/** Passwords of one network that are looked at in a minute; refused ones of a connection, behind which it ends. */
const TRIES = 30
const MOST_REFUSED = 3
/** Each takes a processor, a thread of four, and 32 MiB. */
const TURNS = { atOnce: 1, waitingEach: 8, waiting: 64 }
/** ms that a good password need not be looked at again after it came last, and how many are remembered. */
const REMEMBERED = 300_000
const MOST = 1_000

export function createBasicLogins({
  rid,
  tell,
  isKnown,
  now = () => performance.now(),
  ...options
}: BasicOptions): BasicLogins {
  let users = createBasicUsers(options.peers)
  const key = randomBytes(32)
  const rates = new Rates(now)
  const turns = new Turns(TURNS)
  const good = new Map<string, { readonly login: Login; readonly until: number }>()
  const underWay = new Map<string, Promise<Login | undefined>>()
  const last = new WeakMap<Connection, Promise<unknown>>()

  function isGood({ user, hash }: Login): boolean {
    return users.find(user)?.hash === hash
  }

  function remembered(connection: Connection, digest: string): Login | undefined {
    const { login, until = 0 } = good.get(digest) ?? {}
    const found = connection.login?.digest === digest ? connection.login : until > now() ? login : undefined
    return found && isGood(found) ? found : undefined
  }

  function remember(login: Login): void {
    good.delete(login.digest)
    good.set(login.digest, { login, until: now() + REMEMBERED })
    const [oldest] = good.keys()
    if (good.size > MOST && oldest !== undefined) good.delete(oldest)
  }

  /** It takes as long for a user that there is not. */
  async function look({ user, password }: Credentials, digest: string): Promise<Login | undefined> {
    const known = users.find(user)
    const against = known?.parsed ?? users.decoy(user)
    const fits = against !== undefined && (await isPassword(password, against))
    if (!fits || known?.parsed === undefined) return undefined
    return { user, hash: known.hash, digest }
  }

  function refuse(connection: Connection, fault: LoginFault, refusal: Refusal, user?: string): Refusal {
    const peer = user === undefined ? undefined : users.find(user)?.peer.name
    connection.refusedLogins += 1
    if (connection.refusedLogins >= MOST_REFUSED) connection.closing = true
    tell('rid-login-refused', { peer, remote: connection.address, reason: fault })
    return refusal
  }

  function challenge(detail: string): Refusal {
    return refused(401, 'Unauthorized', detail, { 'www-authenticate': `Basic realm="${rid().name}", charset="UTF-8"` })
  }

  async function verify(connection: Connection, shown: Credentials): Promise<Checked> {
    const { user, password } = shown
    const wrong = challenge('There is no such user, or the password is another.')
    if (connection.refusedLogins >= MOST_REFUSED) return refuse(connection, 'too-many', wrong, user)
    const digest = createHmac('sha256', key).update(`${user}:${password}`).digest('hex')
    const login = remembered(connection, digest) ?? (await lookInTurn(connection, shown, digest))
    if (login !== undefined && 'kind' in login) return login
    const known = login === undefined || !isGood(login) ? undefined : users.find(user)
    if (login === undefined || known === undefined) {
      return refuse(connection, users.find(user) === undefined ? 'unknown-user' : 'wrong-password', wrong, user)
    }
    remember(login)
    return { kind: 'peer', peer: known.peer, login }
  }

  async function lookInTurn(connection: Connection, shown: Credentials, digest: string) {
    const address = connection.address
    const network = networkOf(address)
    // the same on another connection, as of a peer that opens all of its own at once, is one guess
    const before = underWay.get(digest)
    if (before !== undefined) return await before
    const wait = rates.take(network, 1, TRIES)
    if (wait > 0) {
      const many = tooMany('Too many passwords came from this address.', Math.ceil(wait / 1000))
      return refuse(connection, 'too-many', many, shown.user)
    }
    const looking = turns.take(network, isKnown(address), () => look(shown, digest))
    if (looking === undefined) return refuse(connection, 'busy', tooMany('Too many passwords are being looked at.', 5))
    underWay.set(digest, looking)
    return await looking.finally(() => underWay.delete(digest))
  }

  async function check(connection: Connection, rawHeaders: readonly string[]): Promise<Checked> {
    const shown = readBasic(rawHeaders)
    if (shown.kind === 'credentials') return await verify(connection, shown)
    const needed = challenge('A client certificate is needed, or the user and password of a peer (RFC 7617).')
    return shown.kind === 'nothing' ? needed : refuse(connection, 'malformed', needed)
  }

  async function beside(connection: Connection, rawHeaders: readonly string[]): Promise<Refusal | undefined> {
    const shown = readBasic(rawHeaders)
    const claimed = shown.kind === 'credentials' ? users.find(shown.user)?.peer : undefined
    // for whoever shows a certificate that one decides: a field that says nothing to us changes nothing
    if (shown.kind !== 'credentials' || claimed === undefined) return undefined
    if (claimed.name !== connection.peer?.name) {
      const detail = 'The user is not whom the client certificate shows.'
      return refuse(connection, 'another-peer', refused(403, 'Forbidden', detail), shown.user)
    }
    const checked = await verify(connection, shown)
    return checked.kind === 'refused' ? checked : undefined
  }

  /** One behind the other. */
  function inOrder<T>(connection: Connection, next: () => Promise<T>): Promise<T> {
    const done = (last.get(connection) ?? Promise.resolve()).then(next)
    last.set(
      connection,
      done.catch(() => {}),
    )
    return done
  }

  return {
    check: (connection, rawHeaders) => inOrder(connection, () => check(connection, rawHeaders)),
    beside: (connection, rawHeaders) => inOrder(connection, () => beside(connection, rawHeaders)),
    isGood,
    use(peers) {
      users = createBasicUsers(peers)
    },
  }
}
