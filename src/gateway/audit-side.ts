import { createHash } from 'node:crypto'
import { openAuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/types.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { News } from '../events/table.ts'
import type { Events } from '../events.ts'
import { FINE, type ReadinessBoard } from '../ops/readiness.ts'
import type { Acceptor, Desk, TraceEvent } from '../store/contract.ts'
import type { Tell } from '../tell.ts'
import { HEAD, headRow, headTold, nameOf } from './audit-heads.ts'
import { createAuditor } from './audited.ts'
import { every } from './every.ts'

interface AuditParts {
  /** as it is in force each time it is read */
  readonly config: Config
  readonly clock: Pick<Clock, 'now'>
  /** made after what it hears */
  events(): Pick<Events, 'tell' | 'deeds'>
  readiness(): ReadinessBoard
}

interface AuditSide extends AsyncDisposable {
  readonly heard: Tell<News>
  /**
   * Reads from the store what operators did, also while no gateway ran, until it is disposed of. Of those that share the store each says there
   * what its last entry is, and has that of the others in its own log.
   */
  follow(store: Followed): AsyncDisposable
}

type Followed = Pick<Desk, 'traced'> & Pick<Acceptor, 'record'>

const DEEDS_MS = 1_000
const HEAD_MS = 3_600_000

/** The log of who did what (docs/decisions/0022-audit.md), where one is configured. Throws GatewayError 'audit-unavailable'. */
export function openAuditSide({ config, clock, ...parts }: AuditParts): AuditSide {
  const { audit } = config
  if (audit === undefined) return { heard() {}, follow: () => nothing(), [Symbol.asyncDispose]: async () => {} }
  const now = () => clock.now()
  /** of the store's trace: what operators did up to there is in the log */
  let position: number | undefined
  let failing = false
  const begun: string[] = []
  const found = (reason: string) => void (ready ? parts.events().tell('audit-changed', { reason }) : begun.push(reason))
  let ready = false

  function state(error: unknown): void {
    if (error === null && !failing) return
    if (error !== null && !failing) parts.events().tell('audit-failed', { err: error })
    if (error === null) parts.events().tell('audit-written-again', {})
    failing = error !== null
    const reason = `The audit log cannot be written: ${messageOf(error)}. What happens waits in memory; reports are taken all the same.`
    parts.readiness().set('audit', failing ? { state: 'failed', reason } : FINE)
  }

  const chain = opened(() =>
    openAuditLog({
      ...audit,
      now,
      state,
      found,
      carried: () => (position === undefined ? {} : { position }),
      each: (entry) => {
        if (typeof entry.position === 'number') position = entry.position
      },
    }),
  )
  let named = namer(config)
  const auditor = createAuditor(now, (source) => named(source), chain.add)
  chain.add({ who: 'gateway', what: 'configuration', sha256: digest(config) })

  const sayHead = async () => {
    await chain.written()
    parts.events().tell('audit-head', chain.head())
  }

  const own = nameOf(config)

  /** A store that cannot be written is told of by those who need it more, and has the next one. */
  async function tellHead(store: Followed): Promise<void> {
    if (own === undefined) return
    await chain.written()
    await store.record([headRow(own, chain.head(), now())]).catch(() => undefined)
  }

  async function readDeeds(store: Followed): Promise<void> {
    const { deeds } = parts.events()
    // a store that cannot be read is told of by those who need it more
    const page = await store.traced([...deeds, HEAD], position).catch(() => undefined)
    if (page === undefined) return
    if (position === undefined && page.rows.length === 0)
      chain.add({ who: 'gateway', what: 'deeds-followed', position: page.position })
    const told = new Set<string>()
    for (const row of page.rows) {
      if (row.event === HEAD) {
        const head = headTold(row, own)
        if (head !== undefined) chain.add({ ...head, position: page.position })
        continue
      }
      const entry = deedOf(row)
      const key = JSON.stringify([row.at, entry])
      if (!told.has(key)) chain.add({ ...entry, incident: row.incident, position: page.position })
      told.add(key)
    }
    position = page.position
  }

  return {
    heard: (...told) => {
      const [event, fields] = told
      if (event === 'serving') {
        ready = true
        if (!failing) parts.readiness().set('audit', FINE)
        for (const reason of begun.splice(0)) found(reason)
        void sayHead()
      }
      if (event !== 'configuration-read') auditor.heard(event, fields as Readonly<Record<string, unknown>>)
      else {
        named = namer(config)
        auditor.heard(event, { sha256: digest(config) })
      }
    },
    follow(store) {
      let reading = Promise.resolve()
      // one behind the other: each goes on from where the last one came to
      const read = () => {
        reading = reading.then(() => readDeeds(store))
        return reading
      }
      const timers = [
        every(DEEDS_MS, async () => {
          auditor.sayRest()
          await read()
        }),
        every(HEAD_MS, async () => {
          await sayHead()
          await tellHead(store)
        }),
      ]
      void tellHead(store)
      return {
        async [Symbol.asyncDispose]() {
          for (const timer of timers) timer[Symbol.dispose]()
          await read()
          await tellHead(store)
        },
      }
    },
    async [Symbol.asyncDispose]() {
      auditor.sayRest(true)
      chain.add({ who: 'gateway', what: 'stopped' })
      await sayHead()
      await chain[Symbol.asyncDispose]()
    },
  }
}

function opened<T>(open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw new GatewayError('audit-unavailable', messageOf(error), { cause: error })
  }
}

function nothing(): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => {} }
}

function deedOf({ event, fields }: TraceEvent) {
  const { by, delivery, exchange, was, kind, destination } = fields
  const who = by === 'iodef-gateway' ? 'gateway' : `operator:${by}`
  return { who, what: event, delivery, exchange, was, kind, destination }
}

function namer({ peers, grid }: Config): (source: unknown) => string {
  const named = new Set(peers.map(({ name }) => name))
  const topics = new Set(grid.topics.map(({ name }) => name))
  return (source) => {
    const name = String(source)
    return named.has(name) ? `peer:${name}` : topics.has(name) ? `topic:${name}` : `jid:${name}`
  }
}

/** Of all that is configured: another digest is another configuration. Secrets are not in it. */
function digest(config: Config): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex')
}
