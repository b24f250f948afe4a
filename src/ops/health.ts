import type { Clock } from '../clock.ts'
import type { Backlog } from '../store/contract.ts'
import { type DestinationKind, destinationKey, type GridState } from '../vocabulary.ts'
import { certificateFinding, type Expiry } from './certificate-health.ts'
import { diskFinding, type Space } from './disk-health.ts'
import { createGridHealth, topicFinding } from './grid-health.ts'
import { createPeerLimits, type Limited } from './peer-limits.ts'
import { destinationFinding, queueFinding, worse } from './queue-health.ts'
import { FINE, type Finding, type ReadinessBoard } from './readiness.ts'
import { createRidHealth, type Door, type Refused } from './rid-health.ts'
import { createTurnedAway } from './turned-away.ts'

interface Down {
  readonly kind: DestinationKind
  readonly destination: string
  readonly reason: string | null
}

const KINDS: readonly DestinationKind[] = ['topic', 'peer', 'jid', 'file']
const WAITS: Finding = { state: 'degraded', reason: 'It waits for the session with the Controller.' }

export interface HealthSources {
  readonly clock: Pick<Clock, 'now'>
  readonly board: ReadinessBoard
  /** as they are configured each time they are read */
  readonly destinations: readonly { readonly kind: DestinationKind; readonly name: string }[]
  readonly maxQueue: number
  /** all that is configured for TLS; looked at each second, so from memory */
  expiry(): readonly Expiry[]
  door(): Door
  down(): readonly Down[]
  /** may reject: the store's own part says that */
  backlog(): Promise<readonly Backlog[]>
  /** where the store is; undefined where that is another machine's matter; may reject */
  space(): Promise<Space | undefined>
  /** a certificate ran out just now */
  ranOut(certificate: Expiry): void
}

/** Keeps the board true: what the parts say of themselves, and what only a look at dates, queue and disk tells. */
export interface Health {
  grid(part: 'session' | `topic:${string}`, state: GridState, reason: string | null): void
  listening(): void
  refused(handshake: Refused): void
  served(): void
  /** A peer was answered 503, for a reason that is no other part's. */
  failed(reason: string): void
  /** A sender was answered 503, as too much of it waits; it was let in. */
  turnedAway(source: string): void
  letIn(source: string): void
  /** A peer was answered 429. */
  limited(what: Limited): void
  /** What waits, read by somebody else. */
  see(backlog: readonly Backlog[]): void
  /** What changes with time alone: each second, and before anybody is told how it is. */
  tick(): void
  /** What has to be read: every few seconds. Never rejects. */
  look(): Promise<void>
}

export function createHealth(sources: HealthSources): Health {
  const { clock, board } = sources
  const grid = createGridHealth(clock)
  const rid = createRidHealth(clock)
  const limits = createPeerLimits(clock)
  const queues = createTurnedAway(clock)
  const atBroker = new Map<string, Finding>()
  let backlog: readonly Backlog[] = []

  function destinations(): void {
    const now = clock.now()
    const rows = new Map(backlog.map((row) => [destinationKey(row.kind, row.destination), row]))
    const down = new Map(sources.down().map((one) => [destinationKey(one.kind, one.destination), one]))
    const { destinations, maxQueue } = sources
    const away = grid.read().state === 'failed'
    const found = (kind: DestinationKind, name: string): Finding => {
      const key = destinationKey(kind, name)
      const own = destinationFinding(rows.get(key), down.get(key), now)
      // not its own fault
      if (away && (kind === 'topic' || kind === 'jid')) return WAITS
      // what failed before it is joined failed for want of a session
      if (kind === 'topic' && !atBroker.has(name)) return topicFinding('down', null)
      if (kind === 'topic') return worse(atBroker.get(name) ?? FINE, own)
      return kind === 'peer' ? worse(own, limits.of(name)) : own
    }
    for (const kind of KINDS) {
      const names = destinations.flatMap((one) => (one.kind === kind ? one.name : []))
      board.keep(`${kind}:`, new Set(names.map((name) => `${kind}:${name}`)))
      const known = new Set(names)
      if (kind === 'topic') for (const topic of atBroker.keys()) if (!known.has(topic)) atBroker.delete(topic)
      for (const name of names) board.set(`${kind}:${name}`, found(kind, name))
    }
    board.set('queue', worse(queueFinding(backlog, maxQueue), queues.read(maxQueue)))
  }

  function certificates(expiry: readonly Expiry[]): void {
    const now = clock.now()
    const before = board.read().parts
    for (const one of expiry) {
      const found = certificateFinding(one, now)
      const name = `certificate:${one.name}`
      if (found.state === 'failed' && before[name] !== undefined && before[name].state !== 'failed') sources.ranOut(one)
      board.set(name, found)
    }
    board.keep('certificate:', new Set(expiry.map(({ name }) => `certificate:${name}`)))
  }

  function tick(): void {
    const expiry = sources.expiry()
    board.set('grid', grid.read())
    board.set('rid', rid.read(expiry, sources.door()))
    certificates(expiry)
    destinations()
  }

  function see(rows: readonly Backlog[]): void {
    backlog = rows
    destinations()
  }

  return {
    grid(part, state, reason) {
      if (part === 'session') {
        // what was wrong with a Topic in an earlier session, the end of that one among it, is looked at anew
        if (state === 'up' && grid.read().state === 'failed') atBroker.clear()
        grid.told(state, reason)
      }
      // a look says nothing before it has ended
      else if (state !== 'connecting') atBroker.set(part.slice('topic:'.length), topicFinding(state, reason))
      board.set('grid', grid.read())
      destinations()
    },
    listening() {
      rid.listening()
      tick()
    },
    refused(handshake) {
      rid.refused(handshake)
    },
    served() {
      rid.served()
    },
    failed(reason) {
      rid.failed(reason)
    },
    turnedAway(source) {
      queues.turnedAway(source)
    },
    letIn(source) {
      queues.letIn(source)
    },
    limited(what) {
      limits.limited(what)
    },
    see,
    tick,
    async look() {
      // one that cannot be read hides nothing of the other; what cannot be read now is the store's to say
      const space = await sources.space().catch(() => undefined)
      if (space !== undefined) board.set('disk', diskFinding(space))
      const rows = await sources.backlog().catch(() => undefined)
      if (rows === undefined) return
      see(rows)
    },
  }
}
