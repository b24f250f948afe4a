import { askerCode, exchangeCode, legCode, WITHHELD } from '../coding/codes.ts'
import { OPEN } from '../coding/exchange-rows.ts'
import { parseId } from '../coding/ids.ts'
import { answersToKeep, envelopeOf, isShared } from '../coding/questions.ts'
import { inSteps } from '../coding/steps.ts'
import type { NewDelivery, Settlement } from '../contract.ts'
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
import { type Insert, wordsOf } from './insert.ts'
import { all, one, run } from './sql.ts'
import type { Tables } from './tables.ts'

/** rows dropped in one commit */
const STEP = 200

/** Each inside a transaction. */
export interface ExchangeTables {
  ask(exchange: NewExchange, legs: readonly NewLeg[], limits: AskLimits, change: ChangeOf): Promise<Asked>
  change(id: string, change: ChangeOf): Promise<Exchange | undefined>
  /** What came to whom it was for, or policy keeps from there: then nothing is to be sent of it any more. */
  settled(settlements: readonly Settlement[], at: number): Promise<boolean>
  forgetBefore(before: number): Promise<number>
}

export function createExchanges({ db, clock, keys, trail }: Tables, insert: Insert): ExchangeTables {
  const rows = createExchangeRows(db)
  const open = one<{ n: number }>(
    db,
    `SELECT count(*) AS n FROM exchange WHERE state = ${OPEN} AND ($1::text IS NULL OR asker = $1) AND ($2::smallint IS NULL OR asker_kind = $2)`,
  )
  const insertExchange = run(
    db,
    `INSERT INTO exchange (seq, id, asker_kind, asker, address, msg_type, incident, digest, question, state, opened, pending_at, expires, words)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${OPEN}, $10, $11, $12, $13)`,
  )
  const insertLeg = run(
    db,
    'INSERT INTO leg (exchange, n, kind, target, state, updated, joined, afterwards) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
  )
  const setLeg = run(
    db,
    'UPDATE leg SET state = $1, token = coalesce($2, token), reason = coalesce($3, reason), updated = $4 WHERE exchange = $5 AND n = $6',
  )
  const left = all<{ n: number; afterwards: string }>(
    db,
    'SELECT n, afterwards FROM leg WHERE exchange = $1 AND afterwards IS NOT NULL AND token IS NOT NULL ORDER BY n',
  )
  const setAsked = run(db, 'UPDATE leg SET kind = $1, target = $2, updated = $3 WHERE exchange = $4 AND n = $5')
  const insertAnswer = run(
    db,
    'INSERT INTO answer (exchange, n, leg, msg_type, digest, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
  )
  const setDelivery = run(db, 'UPDATE answer SET delivery = $1 WHERE exchange = $2 AND n = $3')
  const setSent = run(db, 'UPDATE answer SET sent = $1 WHERE exchange = $2 AND n = $3')
  const carried = all<{ exchange: number; n: number; delivery: number }>(
    db,
    'SELECT exchange, n, delivery FROM answer WHERE delivery = ANY($1::bigint[]) AND sent IS NULL ORDER BY exchange, n',
  )
  const lock = run(db, 'SELECT 1 FROM exchange WHERE seq = ANY($1::bigint[]) ORDER BY seq FOR UPDATE')
  // who asks the same, or asks as many as he may, is found by whoever asks next
  const oneAtATime = run(db, "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' exchanges', 0))")
  const setAsker = run(
    db,
    'UPDATE exchange SET token = coalesce($1, token), address = coalesce($2, address) WHERE seq = $3',
  )
  const setPending = run(db, 'UPDATE exchange SET pending_at = NULL WHERE seq = $1')
  const setOutcome = run(db, 'UPDATE exchange SET outcome = $1 WHERE seq = $2')
  const close = run(db, `UPDATE exchange SET state = $1, closed = $2 WHERE seq = $3 AND state = ${OPEN}`)
  const closeSent = run(
    db,
    `UPDATE exchange SET state = outcome, closed = $1 WHERE seq = $2 AND state = ${OPEN} AND outcome IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM answer a LEFT JOIN delivery d ON d.seq = a.delivery
         WHERE a.exchange = $2 AND a.sent IS NULL AND d.state IS DISTINCT FROM ${WITHHELD})`,
  )
  const forget = run(
    db,
    `DELETE FROM exchange WHERE seq IN (SELECT seq FROM exchange WHERE closed < $1 AND state <> ${OPEN} ORDER BY seq LIMIT ${STEP})`,
  )

  /** An envelope of its own for each: what is asked on, and each answer. */
  async function queue(exchange: Exchange, delivery: NewDelivery, what: string): Promise<number | undefined> {
    const accepted = await insert.accept(envelopeOf(exchange, delivery, what, clock.now()), [])
    const added = accepted.outcome === 'accepted' ? accepted.deliveries[0] : undefined
    return added === undefined ? undefined : parseId(added)
  }

  async function addAnswers(
    seq: number,
    exchange: Exchange,
    came: NonNullable<ExchangeChange['answers']>,
  ): Promise<void> {
    for (const [n, { leg, msgType, digest, body }] of answersToKeep(exchange, came).entries()) {
      await insertAnswer(seq, exchange.answers.length + n, leg, msgType, digest, body, clock.now())
    }
  }

  async function deliverEach(seq: number, deliver: NonNullable<ExchangeChange['deliver']>): Promise<void> {
    const exchange = (await rows.bySeq(seq))!
    for (const answer of exchange.answers) {
      if (answer.sent !== null || answer.delivery !== undefined) continue
      const made = deliver(answer)
      if (made === undefined) {
        await setSent(clock.now(), seq, answer.n)
        continue
      }
      const delivery = await queue(exchange, made, `answer ${answer.n}`)
      if (delivery === undefined)
        throw new Error(`answer ${answer.n} of exchange ${exchange.id} has a delivery already`)
      await setDelivery(delivery, seq, answer.n)
    }
  }

  /** The exchange was closed just now. */
  async function queueAfterwards(seq: number): Promise<void> {
    const exchange = (await rows.bySeq(seq))!
    for (const { n, afterwards } of await left(seq)) {
      await queue(exchange, JSON.parse(afterwards) as NewDelivery, `afterwards ${n}`)
    }
  }

  async function askHeld(seq: number, exchange: Exchange, { ask = [] }: ExchangeChange, now: number): Promise<void> {
    for (const { n, delivery } of ask) {
      await setAsked(delivery.kind, delivery.destination, now, seq, n)
      await queue(exchange, delivery, `leg ${n}`)
    }
  }

  async function end(seq: number, { outcome, state }: ExchangeChange, now: number): Promise<void> {
    if (outcome !== undefined) {
      await setOutcome(exchangeCode(outcome), seq)
      if ((await closeSent(now, seq)) > 0) await queueAfterwards(seq)
    }
    if (state !== undefined && (await close(exchangeCode(state), now, seq)) > 0) await queueAfterwards(seq)
  }

  /** With which other exchange each leg waits, where that asks the same there. */
  async function addLegs(
    seq: number,
    { digest, opened }: NewExchange,
    legs: readonly NewLeg[],
  ): Promise<readonly (number | undefined)[]> {
    const asked: (number | undefined)[] = []
    for (const { kind, target } of legs) {
      asked.push(isShared(kind) ? await rows.asking(digest, kind, target) : undefined)
    }
    for (const [n, { kind, target, afterwards }] of legs.entries()) {
      const kept = afterwards === undefined ? null : JSON.stringify(afterwards)
      await insertLeg(seq, n, kind, target, legCode('waiting'), opened, asked[n] ?? null, kept)
    }
    return asked
  }

  async function apply(seq: number, exchange: Exchange, changing: ReturnType<ChangeOf>): Promise<Exchange> {
    if (changing === undefined) return exchange
    const { change, trace = [] } = changing
    const now = clock.now()
    for (const { n, state, token = null, reason = null } of change.legs ?? []) {
      await setLeg(legCode(state), token, reason, now, seq, n)
    }
    await askHeld(seq, exchange, change, now)
    if (change.answers !== undefined) await addAnswers(seq, exchange, change.answers)
    for (const n of change.sent ?? []) await setSent(now, seq, n)
    if (change.token !== undefined || change.address !== undefined) {
      await setAsker(change.token ?? null, change.address ?? null, seq)
    }
    if (change.deliver !== undefined) await deliverEach(seq, change.deliver)
    if (change.pendingAt === null) await setPending(seq)
    await end(seq, change, now)
    await trail.add(trace)
    return (await rows.bySeq(seq))!
  }

  return {
    async ask(fresh, legs, limits, change) {
      await oneAtATime()
      const { askerKind = 'peer' } = fresh
      const there = await rows.known(fresh, fresh.digest, limits.since)
      if (there !== undefined) return { outcome: 'known', exchange: (await rows.byId(there))!.exchange }
      if ((await open(fresh.asker, askerCode(askerKind)))!.n >= limits.open) return { outcome: 'full', of: 'asker' }
      if ((await open(null, null))!.n >= limits.all) return { outcome: 'full', of: 'all' }
      const seq = await keys.next()
      const { id, asker, address, msgType, incident, digest, question, opened, pendingAt, expires } = fresh
      await insertExchange(
        ...[
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
        ],
        wordsOf([incident]),
      )
      const asked = await addLegs(seq, fresh, legs)
      const exchange = (await rows.bySeq(seq))!
      for (const [n, { delivery }] of legs.entries()) {
        if (delivery !== undefined && asked[n] === undefined) await queue(exchange, delivery, `leg ${n}`)
      }
      return { outcome: 'opened', exchange: await apply(seq, exchange, change(exchange)) }
    },
    async change(id, change) {
      const there = await rows.byId(id)
      return there && apply(there.seq, there.exchange, change(there.exchange))
    },
    async settled(settlements, at) {
      const ended = new Map(settlements.map(({ id, to }) => [parseId(id) ?? -1, to]))
      const keysOf = [...ended].filter(([, to]) => to === 'delivered' || to === 'withheld').map(([key]) => key)
      const answers = keysOf.length === 0 ? [] : await carried(keysOf)
      if (answers.length === 0) return false
      await lock(answers.map(({ exchange }) => exchange))
      for (const { exchange, n, delivery } of answers) {
        if (ended.get(delivery) === 'delivered') await setSent(at, exchange, n)
        if ((await closeSent(at, exchange)) > 0) await queueAfterwards(exchange)
      }
      return true
    },
    forgetBefore: forget,
  }
}

type Submit = <T>(work: () => Promise<T>) => Promise<T>

/** What is written, as the store has it. `soon`: where somebody waits who cannot for long. */
export function exchangeWrites(
  tables: ExchangeTables,
  soon: Submit,
  submit: Submit,
): Pick<Exchanges, 'ask' | 'change' | 'forgetExchanges'> {
  return {
    ask: (exchange, legs, limits, change) => soon(() => tables.ask(exchange, legs, limits, change)),
    change: (id, change) => soon(() => tables.change(id, change)),
    forgetExchanges: (before) => inSteps(STEP, () => submit(() => tables.forgetBefore(before))),
  }
}
