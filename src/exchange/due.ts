import type { Happening } from '../events.ts'
import type { Exchange, ExchangeChange } from '../store/exchanges.ts'
import { askerIn } from './asker.ts'
import { deliverTo } from './closing.ts'
import { acknowledgement } from './compose.ts'
import { about, type ExchangeContext, wakeAsker } from './context.ts'
import { ending } from './end.ts'
import { NO_LEG, said } from './outcome.ts'
import { askedFor, newAnswer } from './stored.ts'

/** What time does to questions: to be called every few seconds. Rejects with what the store says of the first that it failed for. */
export async function runDue(context: ExchangeContext): Promise<void> {
  let failed: { readonly error: unknown } | undefined
  for (const id of await context.store.due(context.clock.now())) {
    // one that cannot be dealt with stops no other
    await come(context, id).catch((error: unknown) => {
      failed ??= { error }
    })
  }
  if (failed !== undefined) throw failed.error
}

async function come(context: ExchangeContext, id: string): Promise<void> {
  const { store, clock, holds } = context
  let happening: Happening | undefined
  const exchange = await store.change(id, (now) => {
    happening = undefined
    if (now.state !== 'open') return undefined
    const made = now.expires <= clock.now() ? expire(context, now) : pend(context, now)
    happening = made.happening
    return { change: made.change, trace: happening?.trace ?? [] }
  })
  happening?.tell()
  holds.happened(id)
  if (exchange !== undefined) wakeAsker(context, exchange)
}

interface Made {
  readonly change: ExchangeChange
  readonly happening?: Happening
}

function expire({ config, events }: ExchangeContext, exchange: Exchange): Made {
  const answers = said(exchange).length
  return {
    change: ending(config, exchange, 'expired'),
    happening: events.exchange('expired', { ...about(exchange), answers }),
  }
}

/** RFC 6545 §6.2: Pending, where it takes longer than two minutes. Only who was promised a callback can be told. */
function pend({ config, events }: ExchangeContext, exchange: Exchange): Made {
  const promised = exchange.legs.some(({ state }) => state === 'promised')
  const { way } = askerIn(config, exchange)
  const tells =
    (way === 'url' || way === 'source') && exchange.token !== null && !promised && said(exchange).length === 0
  if (!tells) return { change: { pendingAt: null } }
  const word = newAnswer(NO_LEG, acknowledgement(askedFor(exchange), 'Pending'))
  return {
    change: { pendingAt: null, answers: [word], deliver: deliverTo(exchange) },
    happening: events.exchange('pending', about(exchange)),
  }
}
