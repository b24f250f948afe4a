import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import type { Delivery } from '../../../src/store/contract.ts'
import { connect } from '../../../src/store/sqlite/connect.ts'
import { openStore } from '../../../src/store/sqlite/sqlite-store.ts'
import type { WholeStore } from '../../../src/store/whole-store.ts'
import { untold } from '../../../src/tell.ts'
import { createVirtualClock } from '../../support/clock.ts'
import { delivery, envelope, MEMORY, request } from '../support.ts'
import { fill, filled } from './fill.ts'

const FEW = 1_000
const MANY = 100_000

/** A store that keeps hardly a page in memory, so that each it looks at is read: what it looked at can be counted. */
interface Counted {
  readonly store: WholeStore
  /** pages and statements of what is done */
  cost(work: () => Promise<unknown>): Promise<{ pages: number; statements: number }>
}

const clock = createVirtualClock()

function counting(db: DatabaseSync, count: () => void): DatabaseSync {
  db.exec('PRAGMA cache_size = 8')
  const prepare = db.prepare.bind(db)
  db.prepare = (...args) => {
    const statement = prepare(...args)
    for (const way of ['get', 'all', 'run', 'iterate'] as const) {
      const ask = statement[way].bind(statement) as (...values: never[]) => never
      Object.assign(statement, {
        [way](...values: never[]) {
          count()
          return ask(...values)
        },
      })
    }
    return statement
  }
  return db
}

async function counted(path: string, messages: number): Promise<Counted> {
  connect({ path, create: true, busyMs: 1000 }).close()
  fill(path, messages, clock.now())
  let statements = 0
  const count = () => {
    statements += 1
  }
  const store = await openStore({ path, tell: untold, clock, connect: (options) => counting(connect(options), count) })
  const read = () => Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]) / 4096
  return {
    store,
    async cost(work) {
      const [pages, before] = [read(), statements]
      await work()
      return { pages: read() - pages, statements: statements - before }
    },
  }
}

/** What is asked of a store, each the same however much is in it. `leased`: what the claim gave. */
function tasks(leased: Delivery[]): readonly (readonly [string, (store: WholeStore) => Promise<unknown>])[] {
  const { incident, item } = filled(507)
  let next = 0
  const accept = (store: WholeStore) => {
    next += 1
    const name = `new ${next}`
    const trace = [{ at: clock.now(), incident: `csirt-a.example ${name}`, event: 'accepted', fields: {} }]
    return store.accept(envelope(clock, name, [delivery(name, { apart: name })]), trace)
  }
  return [
    ['accept', accept],
    ['a repeat', (store) => store.accept(envelope(clock, 'new 1', [delivery('new 1')]))],
    ['claim', async (store) => leased.push(...(await store.claim(request(clock, { limit: 8 }))).flat())],
    ['settle', (store) => store.settle(leased.splice(0).map(({ id }) => ({ id, to: 'delivered' })))],
    ['backlog, once something was written', (store) => accept(store).then(() => store.backlog())],
    ['unsettled', (store) => store.unsettled('topic', 'incident')],
    ['unsettled, of one origin', (store) => store.unsettled('topic', 'incident', 'csirt-1')],
    ['unsettled bytes', (store) => store.unsettledBytes('topic', 'csirt-1')],
    ['trace of an incident', (store) => store.trace(incident)],
    ['list by incident', (store) => store.list({ incident })],
    ['list with a limit', (store) => store.list({ limit: 20 })],
    ['list of what waits, with a limit', (store) => store.list({ states: ['pending'], limit: 20 })],
    ['list of what is held, with a limit', (store) => store.list({ states: ['held'], limit: 20 })],
    [
      'list of a destination, with a limit',
      (store) => store.list({ kind: 'topic', destination: 'incident', limit: 20 }),
    ],
    [
      'list of what is open at a destination that has nothing, with a limit',
      (store) => store.list({ states: ['pending', 'sending', 'held', 'withheld'], destination: 'idle', limit: 20 }),
    ],
    ['sources of an item', (store) => store.sourcesOf(item)],
    ['payload of an item', (store) => store.findPayload('topic', 'incident', item)],
    ['prune, where nothing is old', (store) => store.prune(clock.now(), 1)],
  ]
}

describe('with a hundred times as much in the store', { skip: !existsSync('/proc/self/io') && 'needs /proc' }, () => {
  const costs = new Map<string, { pages: number; statements: number }[]>()
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(MEMORY, 'growth-'))
    for (const messages of [FEW, MANY]) {
      const { store, cost } = await counted(join(folder, `${messages}.db`), messages)
      const all = tasks([])
      // what is known by heart is known once
      for (const [, ask] of all) await ask(store)
      for (const [name, ask] of all) costs.set(name, [...(costs.get(name) ?? []), await cost(() => ask(store))])
      await store[Symbol.asyncDispose]()
    }
  })
  after(() => rm(folder, { recursive: true }))

  for (const [name] of tasks([])) {
    test(`${name} looks at as much`, () => {
      const [few, many] = costs.get(name) ?? []
      assert.ok(few && many)
      // trees of a hundred times as many rows are a level or two higher
      assert.ok(many.pages <= 3 * few.pages + 30, `${few.pages} pages, then ${many.pages}`)
      assert.ok(many.statements <= few.statements + 2, `${few.statements} statements, then ${many.statements}`)
    })
  }

  test('a report that is new costs ten statements', () => {
    for (const { statements } of costs.get('accept') ?? []) assert.ok(statements <= 10, `${statements}`)
  })
})
