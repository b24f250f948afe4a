import type { Tell } from '../tell.ts'
import type { GridNews } from './news.ts'
import { Pace, slowReason } from './pubsub/pace.ts'
import type { Provider } from './pubsub/provider.ts'
import type { States } from './states.ts'

/** ms between looks at how the Controller takes what is published */
const LOOK = 2_000

/** A slow Controller is no failure, but somebody should know. Of one session. */
export function watchPace(provider: Pick<Provider, 'pace'>, states: States, tell: Tell<GridNews>): Disposable {
  const pace = new Pace()
  const looks = setInterval(() => {
    const rate = pace.look(performance.now(), provider.pace)
    const reason = rate === undefined ? null : slowReason(rate)
    if (states.noteSession('pace', reason) && reason !== null) tell('controller-slow', { reason })
  }, LOOK)
  looks.unref()
  return { [Symbol.dispose]: () => clearInterval(looks) }
}
