import type { Ask } from '../config/types.ts'
import { placeWord } from '../iodef/place-word.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Exchange, NewExchange } from '../store/exchanges.ts'
import { askerIn } from './asker.ts'
import { composeQuestion } from './compose-question.ts'
import type { ExchangeContext } from './context.ts'
import { askedJids, bareOf } from './jids.ts'
import { nameOf } from './question-element.ts'
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

/**
 * Of whom an item's question would be asked those Topics are left out where the same is asked already: two gateways that ask on between
 * two Topics would go on for ever.
 */
export async function notAskedYet(
  { config, store }: Pick<ExchangeContext, 'config' | 'store'>,
  asked: readonly Ask[],
  fresh: NewExchange,
  question: Question,
): Promise<readonly Ask[]> {
  if (fresh.askerKind !== 'topic') return asked
  const left: Ask[] = []
  for (const one of asked) {
    const topic = one.startsWith('topic:') ? one.slice('topic:'.length) : undefined
    if (topic === undefined || !(await isAsked(topic))) left.push(one)
  }
  return left

  async function isAsked(topic: string): Promise<boolean> {
    const { restrictions } = askerIn(config, { askerKind: 'topic', asker: topic })
    for (const id of await store.askedOf(topic, fresh.incident)) {
      const open = await store.exchange(id)
      const same = open && questionOf(open)
      if (open?.msgType !== fresh.msgType || same === undefined || !isAskedOn(open, topic)) continue
      const { policy, document } = same
      const by = nameOf(config, open, same)
      const xml = document?.xml ?? composeQuestion({ policy, by, at: open.opened, restrictions })
      if (xml === question.document?.xml) return true
    }
    return false
  }
}

function isAskedOn({ legs }: Exchange, topic: string): boolean {
  return legs.some(({ kind, target }) => kind === 'topic' && target === topic)
}

/** Whether what a path says is this system: names as DNS compares them, addresses by their value. */
function isOwn({ name, addresses = [] }: ExchangeContext['config']['rid']): (written: string) => boolean {
  const own = new Set([name, ...addresses].map(placeWord))
  return (written) => own.has(placeWord(written))
}
