import { placeWord } from '../iodef/place-word.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { NewExchange } from '../store/exchanges.ts'
import type { ExchangeContext } from './context.ts'
import { askedJids, bareOf } from './jids.ts'
import { type Question, questionOf } from './stored.ts'

/** Why a question has come round (RFC 6545 §3.1 (4), §7.1); undefined: it has not. */
export async function loopOf(
  { config, store }: Pick<ExchangeContext, 'config' | 'store'>,
  { document }: Pick<Inspection, 'document'>,
  fresh: NewExchange,
  question: Question,
): Promise<'own-path' | 'asked-back' | undefined> {
  if (document?.path?.some(isOwn(config.rid))) return 'own-path'
  const { askerKind = 'peer', asker, incident, msgType } = fresh
  const targets = askerKind === 'jid' ? askedJids(config.routes).filter((jid) => bareOf(jid) === asker) : [asker]
  const asked = await Promise.all(targets.map((target) => store.askedOf(target, incident)))
  for (const id of new Set(asked.flat())) {
    const open = await store.exchange(id)
    const isAsked = open?.legs.some(({ kind, target }) => kind === askerKind && targets.includes(target))
    if (isAsked !== true || open?.msgType !== msgType) continue
    const before = questionOf(open)
    if (before === undefined) continue
    // one by number alone got a document on its way to whom it was asked of by IQ
    const same = before.document === null ? askerKind === 'jid' : before.document.xml === question.document?.xml
    if (same || (before.document === null && question.document === null)) return 'asked-back'
  }
  return undefined
}

/** Whether what a path says is this system: names as DNS compares them, addresses by their value. */
function isOwn({ name, addresses = [] }: ExchangeContext['config']['rid']): (written: string) => boolean {
  const own = new Set([name, ...addresses].map(placeWord))
  return (written) => own.has(placeWord(written))
}
