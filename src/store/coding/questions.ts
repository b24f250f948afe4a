import { hash } from 'node:crypto'
import type { NewDelivery, NewEnvelope } from '../contract.ts'
import type { Exchange, NewAnswer, NewLeg } from '../exchanges.ts'

/** answers that are kept of one leg */
const MOST_ANSWERS = 50

/** Whoever is asked himself can be asked for several. */
export function isShared(kind: NewLeg['kind']): boolean {
  return kind === 'peer' || kind === 'jid'
}

/** Of answers that came, those that are kept beside the ones there are, in their order. */
export function answersToKeep({ answers: before }: Exchange, came: readonly NewAnswer[]): readonly NewAnswer[] {
  const kept: Pick<NewAnswer, 'leg' | 'digest'>[] = [...before]
  const fresh: NewAnswer[] = []
  for (const answer of came) {
    const ofLeg = kept.filter(({ leg }) => leg === answer.leg)
    if (ofLeg.length >= MOST_ANSWERS || ofLeg.some(({ digest }) => digest === answer.digest)) continue
    kept.push(answer)
    fresh.push(answer)
  }
  return fresh
}

/** What carries one of its deliveries: an envelope of its own for each, for what is asked on, and for each answer. */
export function envelopeOf(
  { id, asker, msgType }: Exchange,
  delivery: NewDelivery,
  what: string,
  receivedAt: number,
): NewEnvelope {
  return {
    direction: 'rid-to-rid',
    source: asker,
    digest: hash('sha256', `${id}\n${what}`, 'hex'),
    msgType,
    incidents: [delivery.incident],
    receivedAt,
    deliveries: [delivery],
  }
}
