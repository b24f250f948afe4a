import { placeWord } from '../iodef/place-word.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { NewExchange } from '../store/exchanges.ts'
import type { ExchangeContext } from './context.ts'
import { type Question, questionOf } from './stored.ts'

/** Why a question has come round (RFC 6545 §3.1 (4), §7.1); undefined: it has not. */
export async function loopOf(
  { config, store }: Pick<ExchangeContext, 'config' | 'store'>,
  { document }: Pick<Inspection, 'document'>,
  fresh: NewExchange,
  question: Question,
): Promise<'own-path' | 'asked-back' | undefined> {
  if (document?.path?.some(isOwn(config.rid))) return 'own-path'
  for (const id of await store.askedOf(fresh.asker, fresh.incident)) {
    const open = await store.exchange(id)
    const isAsked = open?.legs.some(({ kind, target }) => kind === 'peer' && target === fresh.asker)
    if (isAsked !== true || open?.msgType !== fresh.msgType) continue
    const asked = questionOf(open)
    if (asked !== undefined && asked.document?.xml === question.document?.xml) return 'asked-back'
  }
  return undefined
}

/** Whether what a path says is this system: names as DNS compares them, addresses by their value. */
function isOwn({ name, addresses = [] }: ExchangeContext['config']['rid']): (written: string) => boolean {
  const own = new Set([name, ...addresses].map(placeWord))
  return (written) => own.has(placeWord(written))
}
