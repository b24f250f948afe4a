import { askerCode, exchangeCode, legCode, WITHHELD } from '../coding/codes.ts'
import { OPEN } from '../coding/exchange-rows.ts'
import { parseId } from '../coding/ids.ts'
import { answersToKeep, envelopeOf, isShared } from '../coding/questions.ts'
import { inSteps } from '../coding/steps.ts'
import type { NewDelivery } from '../contract.ts'
import type {
  Asked,
  AskLimits,
  ChangeOf,
  Exchange,
  ExchangeChange,
  Exchanges,
  NewExchange,
  NewLeg,
} from '../exchanges.ts'
import { createExchangeRows } from './exchange-rows.ts'
import type { Insert } from './insert.ts'
import { all, one, run } from './sql.ts'
import type { Tables } from './tables.ts'

/** rows dropped in one commit */
const STEP = 200

/** Each inside a transaction. */
interface ExchangeTables {
  ask(exchange: NewExchange, legs: readonly NewLeg[], limits: AskLimits, change: ChangeOf): Asked
  change(id: string, change: ChangeOf): Exchange | undefined
  /** This delivery has come to whom it was for, or policy keeps it from there: then nothing is to be sent of it any more. */
  settled(delivery: string, to: 'delivered' | 'withheld', at: number): void
  forgetBefore(before: number): number
}

export function createExchanges({ db, clock, sequence, trail }: Tables, insert: Insert): ExchangeTables {
  const rows = createExchangeRows(db)
  const open = one<{ n: number }>(
    db,
    `SELECT count(*) AS n FROM exchange WHERE state = ${OPEN} AND asker = coalesce(?, asker) AND asker_kind = coalesce(?, asker_kind)`,
  )
  const insertExchange = run(
    db,
    `INSERT INTO exchange (seq, id, asker_kind, asker, address, msg_type, incident, digest, question, state, opened, pending_at, expires)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ${OPEN}, ?, ?, ?)`,
  )
  const insertLeg = run(
    db,
    'INSERT INTO leg (exchange, n, kind, target, state, updated, joined, afterwards) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const setLeg = run(
    db,
    'UPDATE leg SET state = ?, token = coalesce(?, token), reason = coalesce(?, reason), updated = ? WHERE exchange = ? AND n = ?',
  )
  const left = all<{ n: number; afterwards: string }>(
    db,
    'SELECT n, afterwards FROM leg WHERE exchange = ? AND afterwards IS NOT NULL AND token IS NOT NULL ORDER BY n',
  )
  const setAsked = run(db, 'UPDATE leg SET kind = ?, target = ?, updated = ? WHERE exchange = ? AND n = ?')
  const insertAnswer = run(
    db,
    'INSERT INTO answer (exchange, n, leg, msg_type, digest, body, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const setDelivery = run(db, 'UPDATE answer SET delivery = ? WHERE exchange = ? AND n = ?')
  const setSent = run(db, 'UPDATE answer SET sent = ? WHERE exchange = ? AND n = ?')
  const carried = one<{ exchange: number; n: number }>(
    db,
    'SELECT exchange, n FROM answer WHERE delivery = ? AND sent IS NULL',
  )
  const setAsker = run(
    db,
    'UPDATE exchange SET token = coalesce(?, token), address = coalesce(?, address) WHERE seq = ?',
  )
  const setPending = run(db, 'UPDATE exchange SET pending_at = NULL WHERE seq = ?')
  const setOutcome = run(db, 'UPDATE exchange SET outcome = ? WHERE seq = ?')
  const close = run(db, `UPDATE exchange SET state = ?, closed = ? WHERE seq = ? AND state = ${OPEN}`)
  const closeSent = run(
    db,
    `UPDATE exchange SET state = outcome, closed = ?1 WHERE seq = ?2 AND state = ${OPEN} AND outcome IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM answer a LEFT JOIN delivery d ON d.seq = a.delivery
         WHERE a.exchange = ?2 AND a.sent IS NULL AND d.state IS NOT ${WITHHELD})`,
  )
  const forget = run(
    db,
    `DELETE FROM exchange WHERE seq IN (SELECT seq FROM exchange WHERE closed < ? AND state <> ${OPEN} LIMIT ${STEP})`,
  )

  /** An envelope of its own for each: what is asked on, and each answer. */
  function queue(exchange: Exchange, delivery: NewDelivery, what: string): number | undefined {
    const accepted = insert.accept(envelopeOf(exchange, delivery, what, clock.now()), [])
    const added = accepted.outcome === 'accepted' ? accepted.deliveries[0] : undefined
    return added === undefined ? undefined : parseId(added)
  }

  function addAnswers(seq: number, exchange: Exchange, came: NonNullable<ExchangeChange['answers']>): void {
    for (const [n, { leg, msgType, digest, body }] of answersToKeep(exchange, came).entries()) {
      insertAnswer(seq, exchange.answers.length + n, leg, msgType, digest, body, clock.now())
    }
  }

  function deliverEach(seq: number, deliver: NonNullable<ExchangeChange['deliver']>): void {
    const exchange = rows.bySeq(seq)!
    for (const answer of exchange.answers) {
      if (answer.sent !== null || answer.delivery !== undefined) continue
      const made = deliver(answer)
      if (made === undefined) {
        setSent(clock.now(), seq, answer.n)
        continue
      }
      const delivery = queue(exchange, made, `answer ${answer.n}`)
      if (delivery === undefined)
        throw new Error(`answer ${answer.n} of exchange ${exchange.id} has a delivery already`)
      setDelivery(delivery, seq, answer.n)
    }
  }

  /** The exchange was closed just now. */
  function queueAfterwards(seq: number): void {
    const exchange = rows.bySeq(seq)!
    for (const { n, afterwards } of left(seq)) {
      queue(exchange, JSON.parse(afterwards) as NewDelivery, `afterwards ${n}`)
    }
  }

  function askHeld(seq: number, exchange: Exchange, { ask = [] }: ExchangeChange, now: number): void {
    for (const { n, delivery } of ask) {
      setAsked(delivery.kind, delivery.destination, now, seq, n)
      queue(exchange, delivery, `leg ${n}`)
    }
  }

  function end(seq: number, { outcome, state }: ExchangeChange, now: number): void {
    if (outcome !== undefined) {
      setOutcome(exchangeCode(outcome), seq)
      if (closeSent(now, seq) > 0) queueAfterwards(seq)
    }
    if (state !== undefined && close(exchangeCode(state), now, seq) > 0) queueAfterwards(seq)
  }

  function apply(seq: number, exchange: Exchange, changing: ReturnType<ChangeOf>): Exchange {
    if (changing === undefined) return exchange
    const { change, trace = [] } = changing
    const now = clock.now()
    for (const { n, state, token = null, reason = null } of change.legs ?? []) {
      setLeg(legCode(state), token, reason, now, seq, n)
    }
    askHeld(seq, exchange, change, now)
    if (change.answers !== undefined) addAnswers(seq, exchange, change.answers)
    for (const n of change.sent ?? []) setSent(now, seq, n)
    if (change.token !== undefined || change.address !== undefined) {
      setAsker(change.token ?? null, change.address ?? null, seq)
    }
    if (change.deliver !== undefined) deliverEach(seq, change.deliver)
    if (change.pendingAt === null) setPending(seq)
    end(seq, change, now)
    trail.add(trace)
    return rows.bySeq(seq)!
  }

  return {
    ask(fresh, legs, limits, change) {
      const { askerKind = 'peer' } = fresh
      const there = rows.known(fresh, fresh.digest, limits.since)
      if (there !== undefined) return { outcome: 'known', exchange: rows.byId(there)!.exchange }
      if (open(fresh.asker, askerCode(askerKind))!.n >= limits.open) return { outcome: 'full', of: 'asker' }
      if (open(null, null)!.n >= limits.all) return { outcome: 'full', of: 'all' }
      const seq = sequence.next()
      const { id, asker, address, msgType, incident, digest, question, opened, pendingAt, expires } = fresh
      insertExchange(
        seq,
        id,
        askerCode(askerKind),
        asker,
        address,
        msgType,
        incident,
        digest,
        question,
        opened,
        pendingAt,
        expires,
      )
      const asked = legs.map(({ kind, target }) => (isShared(kind) ? rows.asking(digest, kind, target) : undefined))
      for (const [n, { kind, target, afterwards }] of legs.entries()) {
        const kept = afterwards === undefined ? null : JSON.stringify(afterwards)
        insertLeg(seq, n, kind, target, legCode('waiting'), opened, asked[n] ?? null, kept)
      }
      const exchange = rows.bySeq(seq)!
      for (const [n, { delivery }] of legs.entries()) {
        if (delivery !== undefined && asked[n] === undefined) queue(exchange, delivery, `leg ${n}`)
      }
      return { outcome: 'opened', exchange: apply(seq, exchange, change(exchange)) }
    },
    change(id, change) {
      const there = rows.byId(id)
      return there === undefined ? undefined : apply(there.seq, there.exchange, change(there.exchange))
    },
    settled(delivery, to, at) {
      const answer = carried(parseId(delivery) ?? -1)
      if (answer === undefined) return
      if (to === 'delivered') setSent(at, answer.exchange, answer.n)
      if (closeSent(at, answer.exchange) > 0) queueAfterwards(answer.exchange)
    },
    forgetBefore: forget,
  }
}

/** What is written, as the store has it. */
export function exchangeWrites(
  tables: ExchangeTables,
  submit: <T>(work: () => T) => Promise<T>,
): Pick<Exchanges, 'ask' | 'change' | 'forgetExchanges'> {
  return {
    ask: (exchange, legs, limits, change) => submit(() => tables.ask(exchange, legs, limits, change)),
    change: (id, change) => submit(() => tables.change(id, change)),
    forgetExchanges: (before) => inSteps(STEP, () => submit(() => tables.forgetBefore(before))),
  }
}
