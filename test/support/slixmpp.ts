import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Broker } from './brokers.ts'
import { eventually, within } from './eventually.ts'

export interface ReceivedItem {
  readonly node: string
  readonly id: string
  /** the payload as Python's ElementTree writes it; '' when the Broker sent none */
  readonly xml: string
  readonly from: string
  /** when it came: ms since the epoch */
  readonly at: number
}

export interface ReceivedIq {
  readonly type: string
  readonly from: string
  readonly xml: string
  readonly at: number
}

export interface IqReply {
  readonly kind: 'result' | 'error' | 'timeout'
  readonly condition?: string
  readonly type?: string
  readonly text?: string
  /** the child of a result, '' where it has none */
  readonly xml?: string
}

/** A grid user that shares no code with the gateway: Debian's python3-slixmpp in a process of its own. */
export interface GridUser extends AsyncDisposable {
  /** what was notified, in the order it came */
  readonly items: readonly ReceivedItem[]
  /** From here on, and again after every reconnect, items of this Topic arrive. */
  subscribe(node: string): Promise<void>
  /** The creator becomes the owner. */
  create(node: string, fields?: Readonly<Record<string, string>>): Promise<void>
  affiliate(node: string, jid: string, affiliation: string): Promise<void>
  publish(node: string, id: string, xml: string): Promise<void>
  publishAll(node: string, items: readonly { readonly id: string; readonly xml: string }[]): Promise<void>
  retract(node: string, id: string): Promise<void>
  /** The owner's: all retained items go, and with them the Topic itself. */
  purge(node: string): Promise<void>
  deleteNode(node: string): Promise<void>
  /** The retained item as it is now, or undefined. */
  item(node: string, id: string): Promise<string | undefined>
  /** Ids of all retained items. */
  ids(node: string): Promise<string[]>
  /** Its full JID. */
  readonly jid: string
  /** IQs about incidents that came, in the order they came; each is answered with a result, unless `answerWith` says otherwise. */
  readonly incidents: readonly ReceivedIq[]
  /** Sends an IQ with this child; what it is answered with: `result`, or the error's condition, type and text. */
  iq(type: 'get' | 'set', to: string, xml: string): Promise<IqReply>
  /** From now on: with an error, with a result around this element, not at all, or with a plain result (nothing). */
  answerWith(
    how?: { readonly error: string; readonly type: string } | { readonly xml: string } | { readonly silent: true },
  ): Promise<void>
  /** Presence that came, as XML. */
  readonly presences: readonly string[]
  /** Sends these bytes on the stream. */
  raw(xml: string): Promise<void>
  /** undefined when both are the same XML for a reader who ignores prefixes and white space between elements. */
  difference(a: string, b: string): Promise<string | undefined>
  /** Resolves when `enough` holds for what was notified; rejects after `ms` and says how far it came. */
  until(what: string, enough: (items: readonly ReceivedItem[]) => boolean, ms?: number): Promise<void>
}

interface Line {
  readonly n?: number
  readonly ok?: boolean
  readonly result?: unknown
  readonly error?: string
  readonly event?: string
  readonly reason?: string
  readonly node?: string
  readonly id?: string
  readonly xml?: string | null
  readonly from?: string
  readonly jid?: string
  readonly type?: string
}

/** ms; what is asked gives up by itself before that, and says why */
const LOGIN = 60_000
const ANSWER = 150_000
const MANY_ANSWERS = 600_000

const SCRIPT = fileURLToPath(new URL('./slixmpp_agent.py', import.meta.url))

/** Full JIDs at Brokers that users of this process hold. */
const held = new Map<string, unknown>()

/**
 * Logs in as `user`; ready when it resolves. The account must exist. `port` leads elsewhere than to the Broker itself.
 * Rejects where another user of this process has the same full JID: each comes back when its stream is lost, and a Broker closes
 * the stream of whoever had the resource before (RFC 6120, section 7.7.2.2).
 */
export async function startGridUser(
  broker: Pick<Broker, 'service' | 'domain' | 'broker' | 'ca'>,
  { user, password, port, resource = user }: { user: string; password: string; port?: number; resource?: string },
): Promise<GridUser> {
  const at = port ?? Number(new URL(broker.service).port)
  const jid = `${user}@${broker.domain}/${resource}`
  const place = `${jid} at ${broker.service}`
  if (held.has(place))
    throw new Error(`${jid} is held by another user of this test: give one of them a resource of its own`)
  const args = [jid, password, '127.0.0.1', String(at), broker.ca, broker.broker]
  // Debian's own Python: the package is for that one
  const child = spawn('/usr/bin/python3', [SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  held.set(place, child)
  const leave = () => {
    if (held.get(place) === child) held.delete(place)
  }
  const items: ReceivedItem[] = []
  const incidents: ReceivedIq[] = []
  const presences: string[] = []
  let full = ''
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const ready = Promise.withResolvers<void>()
  let errors = ''
  let count = 0
  let gone: Error | undefined
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-4_000)
  })
  const over = (how: string) => {
    leave()
    gone ??= new Error(`the slixmpp user ${user} ${how}: ${errors}`)
    ready.reject(gone)
    for (const { reject } of waiting.values()) reject(gone)
    waiting.clear()
  }
  child.once('error', (error) => over(`could not be started (${error.message})`))
  child.once('exit', (code, signal) => over(`ended (${signal ?? code})`))
  // whoever asks a user that is gone is told so
  child.stdin.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line
    if (line.event !== undefined) onEvent(line)
    else if (line.n !== undefined) onAnswer(line.n, line)
  })

  function onEvent({ event, node = '', id = '', xml, from = '', type = '', jid = '', reason }: Line): void {
    if (event === 'item') items.push({ node, id, xml: xml ?? '', from, at: Date.now() })
    else if (event === 'incident') incidents.push({ type, from, xml: xml ?? '', at: Date.now() })
    else if (event === 'presence') presences.push(xml ?? '')
    else if (event === 'failed') ready.reject(new Error(reason))
    else if (event === 'ready') {
      full = jid
      ready.resolve()
    }
  }

  function onAnswer(n: number, { ok, result, error }: Line): void {
    const asked = waiting.get(n)
    waiting.delete(n)
    if (ok) asked?.resolve(result)
    else asked?.reject(new Error(error))
  }

  function ask(what: string, fields: Record<string, unknown>): Promise<unknown> {
    if (gone !== undefined) return Promise.reject(gone)
    count += 1
    const n = count
    const answer = new Promise((resolve, reject) => {
      waiting.set(n, { resolve, reject })
      child.stdin.write(`${JSON.stringify({ n, do: what, ...fields })}\n`)
    })
    const ms = what === 'publish_all' ? MANY_ANSWERS : ANSWER
    return within(ms, `${user}'s answer to ${what} ${fields.node ?? ''}`, answer)
  }

  try {
    await within(LOGIN, `${user} to be logged in`, ready.promise)
  } catch (error) {
    child.kill('SIGKILL')
    leave()
    throw error
  }
  return {
    items,
    incidents,
    presences,
    get jid() {
      return full
    },
    iq: async (type, to, xml) => (await ask('iq', { type, to, xml })) as IqReply,
    answerWith: async (how = {} as never) => void (await ask('answer', { how })),
    subscribe: async (node) => void (await ask('subscribe', { node })),
    create: async (node, fields = {}) => void (await ask('create', { node, fields })),
    affiliate: async (node, jid, affiliation) => void (await ask('affiliate', { node, jid, affiliation })),
    publish: async (node, id, xml) => void (await ask('publish', { node, id, xml })),
    publishAll: async (node, list) => void (await ask('publish_all', { node, items: list })),
    retract: async (node, id) => void (await ask('retract', { node, id })),
    purge: async (node) => void (await ask('purge', { node })),
    deleteNode: async (node) => void (await ask('delete', { node })),
    item: async (node, id) => ((await ask('item', { node, id })) as { xml: string }[])[0]?.xml,
    ids: async (node) => (await ask('ids', { node })) as string[],
    raw: async (xml) => void (await ask('raw', { xml })),
    difference: async (a, b) => ((await ask('same', { a, b })) as string | null) ?? undefined,
    until: (what, enough, ms = 60_000) =>
      eventually(
        () => `${what} (${items.length} items came)`,
        () => enough(items),
        { ms, every: 20 },
      ),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await within(20_000, `${user} to be gone`, ended)
      clearTimeout(timer)
    },
  }
}
