import type { Clock } from '../clock.ts'
import type { Config } from '../config/types.ts'
import type { DeliveryEngine } from '../delivery/engine.ts'
import type { Events } from '../events.ts'
import { archivedTopics, type ExchangeSide } from '../exchange/exchanges.ts'
import type { Grid, GridHandlers } from '../grid/contract.ts'
import { createGrid } from '../grid/create-grid.ts'
import type { Health } from '../ops/health.ts'
import type { Reader } from '../reading/reader.ts'
import { createAcceptIq } from '../relay/accept-iq.ts'
import { createConsumer } from '../relay/consume.ts'
import type { ConsumeOptions } from '../relay/understand.ts'
import type { WholeStore } from '../store/whole-store.ts'
import { consumedTopics } from './consumed-topics.ts'
import { jidNames } from './jid-destinations.ts'
import { createPast } from './past.ts'

interface Parts {
  readonly config: Config
  readonly clock: Clock
  readonly events: Events
  readonly store: WholeStore
  readonly reader: Reader
}

interface GridSide {
  readonly consume: ConsumeOptions
  readonly turn: NonNullable<GridHandlers['turn']>
  readonly session: (isUp: boolean) => void
  readonly mark: string
  readonly wake: DeliveryEngine['wake']
  readonly draining: () => boolean
}

/** The session with the Controller, and what comes and goes by it. */
export function createGridSide(
  parts: Parts,
  health: Health,
  questions: ExchangeSide,
  { consume, turn, session, mark, wake, draining }: GridSide,
): Grid {
  const { config, events, store, clock } = parts
  const report = createAcceptIq({ ...parts, wake: (kind, destination) => wake(kind, destination) })
  const handlers: GridHandlers = {
    participants: questions.participants({ report, draining }),
    items: createConsumer(consume),
    turn,
    // asked of each list that is read of a Topic: what was retracted while nobody was there to be told is missing in it
    async seenIds(topic, itemIds) {
      if (archivedTopics(config).has(topic)) {
        const gone = await store.forgetBetween(topic, itemIds)
        if (gone > 0) events.tell('retracted', { topic, items: gone })
      }
      return store.seenIds(topic, itemIds)
    },
    ...createPast(store, clock),
    retracted(topic, itemIds) {
      events.tell('retracted', { topic, items: itemIds.length })
      store.forget(topic, itemIds).catch((error: unknown) => events.storeFailed('forget', error))
      questions.gone(topic, itemIds).catch((error: unknown) => events.storeFailed('gone', error))
    },
    cleared(topic) {
      store.forget(topic).catch((error: unknown) => events.storeFailed('forget', error))
      questions.gone(topic).catch((error: unknown) => events.storeFailed('gone', error))
    },
    room: (topic) => wake('topic', topic, 'work'),
    state(part, state, reason) {
      if (part === 'session') session(state === 'up')
      // first, as what was down for want of it is not, then
      if (state === 'up' && part !== 'session') wake('topic', part.slice('topic:'.length), 'back')
      else if (state === 'up') for (const jid of jidNames(config)) wake('jid', jid, 'back')
      health.grid(part, state, reason)
    },
  }
  const { grid } = config
  return createGrid({ config: grid, consume: consumedTopics(config), handlers, tell: events.tell, clock, store: mark })
}
