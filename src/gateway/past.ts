import type { Clock } from '../clock.ts'
import type { GridHandlers } from '../grid/contract.ts'
import { digestOf } from '../relay/item-digest.ts'
import type { Seen } from '../store/contract.ts'

/** No item has it: something was taken note of, if only that there was nothing. */
const BEGUN = ''

/** What was met of each Topic before: where reading goes on, and what is passed over where it begins now. */
export function createPast(
  store: Pick<Seen, 'cursor' | 'markSeen'>,
  clock: Pick<Clock, 'now'>,
): Required<Pick<GridHandlers, 'cursor' | 'past'>> {
  return {
    async cursor(topic) {
      const last = await store.cursor(topic)
      return last?.itemId === BEGUN ? undefined : last
    },
    past: {
      isDue: async (topic) => (await store.cursor(topic)) === undefined,
      mark: digestOf,
      async pass(topic, marks) {
        const at = clock.now()
        const begun = { topic, itemId: BEGUN, digest: '', at }
        await store.markSeen([begun, ...marks.map(([itemId, digest]) => ({ topic, itemId, digest, at }))])
      },
    },
  }
}
