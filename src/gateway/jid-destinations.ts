import type { Config } from '../config/types.ts'
import type { DestinationOptions } from '../delivery/engine.ts'
import { participantOf } from '../exchange/asker.ts'
import type { ExchangeSide } from '../exchange/exchanges.ts'
import { askedJids, bareOf } from '../exchange/jids.ts'
import type { Grid } from '../grid/contract.ts'

/** Those on the grid whom routes ask. */
export function jidDestinations(
  config: Pick<Config, 'routes' | 'grid'>,
  questions: Pick<ExchangeSide, 'jidSink'>,
  grid: Pick<Grid, 'request'>,
): DestinationOptions[] {
  const { maxItem } = config.grid
  return askedJids(config.routes).map((jid) => {
    const { restrictions = [] } = participantOf(config.grid, bareOf(jid)) ?? {}
    const sink = questions.jidSink({ jid, restrictions, grid, maxItem, otherwise: undefined })
    return { kind: 'jid', destination: jid, sink }
  })
}
