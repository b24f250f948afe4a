import type { Grid, UploadSlot } from '../grid/contract.ts'
import type { SendOutcome } from '../outcome.ts'
import type { SharedFile } from '../profile/file-sharing.ts'
import { stubOf } from '../profile/stub.ts'
import type { Delivery } from '../store/contract.ts'

type Failed = { readonly kind: 'failed'; readonly outcome: Exclude<SendOutcome, { readonly kind: 'delivered' }> }

/** Puts bytes somewhere, encrypted, once `slot` says where. */
type Put = (
  plain: Uint8Array,
  slot: (bytes: number) => Promise<Extract<UploadSlot, { readonly kind: 'slot' }> | Failed>,
  signal: AbortSignal,
) => Promise<Omit<SharedFile, 'name'> | Failed>

/** Stubs whose publication was not proved yet: beyond that, and in another process, the file is put somewhere anew. */
const KEPT = 64

/** Files that are put at a time, and that wait for their turn: a service that hangs must not take all of a Topic's places. */
const AT_ONCE = 4
const WAITING = 32

/** Items that a Broker does not take: put to the upload service as they are, and what stands on the Topic instead. */
export interface Uploads {
  /** The stub to publish, once its file is in its place; or why there is none yet. */
  stub(delivery: Delivery, signal: AbortSignal): Promise<{ readonly kind: 'stub'; readonly xml: string } | Failed>
  /** It is on its Topic, or will never be. */
  done(delivery: Delivery): void
}

/** One file for each delivery, for as long as its publication is tried: a second one would be another item. */
export function createUploads(grid: Pick<Grid, 'uploadSlot'>, put: Put): Uploads {
  const kept = new Map<string, string>()
  const turns = createTurns()

  async function upload({ item, payload }: Delivery, signal: AbortSignal): Promise<string | Failed> {
    const name = `${item}.xml`
    const slotFor = async (bytes: number) => {
      const slot = await grid.uploadSlot(name, bytes, signal)
      return slot.kind === 'slot' ? slot : failed(slot)
    }
    const file = await put(Buffer.from(payload), slotFor, signal)
    if ('kind' in file) return file
    return stubOf(payload, { ...file, name }) ?? failed({ kind: 'hold', reason: 'no stub can be made of the item' })
  }

  return {
    async stub(delivery, signal) {
      const before = kept.get(delivery.id)
      if (before !== undefined) return { kind: 'stub', xml: before }
      const made = await turns(() => upload(delivery, signal))
      if (made === undefined) return failed(BUSY)
      if (typeof made !== 'string') return made
      kept.set(delivery.id, made)
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break
        kept.delete(oldest)
      }
      return { kind: 'stub', xml: made }
    },
    done: ({ id }) => void kept.delete(id),
  }
}

const BUSY = { kind: 'retry', reason: 'Many other files are being put.', destinationDown: false } as const

function failed(outcome: Failed['outcome']): Failed {
  return { kind: 'failed', outcome }
}

/** Undefined: too many wait already, and the work was not begun. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T | undefined> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= AT_ONCE) {
      if (waiting.length >= WAITING) return undefined
      // whoever ends hands on its place
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
