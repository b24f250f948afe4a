import type { Config } from '../config/types.ts'
import type { DestinationOptions } from '../delivery/engine.ts'
import { participantOf } from '../exchange/asker.ts'
import type { ExchangeSide } from '../exchange/exchanges.ts'
import { askedJids, bareOf } from '../exchange/jids.ts'
import type { Grid } from '../grid/contract.ts'

type Jids = Pick<Config, 'routes' | 'grid'>

/** Those on the grid whom routes ask, and those who may ask: answers go to their bare JIDs. */
export function jidNames({ routes, grid }: Jids): string[] {
  return [...new Set([...askedJids(routes), ...grid.participants.map(({ jid }) => jid.toLowerCase())])]
}

export function jidDestinations(
  config: Jids,
  questions: Pick<ExchangeSide, 'jidSink' | 'answersByIq'>,
  grid: Pick<Grid, 'request'>,
): DestinationOptions[] {
  const { maxItem } = config.grid
  const otherwise = questions.answersByIq(grid)
  return jidNames(config).map((jid) => {
    const { restrictions = [] } = participantOf(config.grid, bareOf(jid)) ?? {}
    return { kind: 'jid', destination: jid, sink: questions.jidSink({ jid, restrictions, grid, maxItem, otherwise }) }
  })
}
