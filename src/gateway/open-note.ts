import type { Config } from '../config/types.ts'
import type { Events } from '../events.ts'
import type { ReadinessBoard } from '../ops/readiness.ts'

type Told = Pick<Events, 'tell'>

/** Says, where it is so, that no certificate is needed: in the log, and as long as it is so in `/ready`. */
export function noteOpen({ rid, peers }: Pick<Config, 'rid' | 'peers'>, board: ReadinessBoard, events: Told): void {
  if (rid.basic === true) {
    const names = peers.flatMap(({ name, identity }) => (identity.basic === undefined ? [] : name))
    events.tell('basic-on', { peers: names })
    const who = names.length === 0 ? 'No peer has a password.' : `A password is enough for: ${names.join(', ')}.`
    board.set('basic', { state: 'ok', reason: `TLS lets in clients without a certificate (\`rid.basic\`). ${who}` })
  }
  if (rid.anonymous === true) {
    const peer = peers.find(({ identity }) => identity.anonymous === true)?.name
    events.tell('anonymous-on', { peer })
    const who = peer === undefined ? 'No peer stands for them.' : `They are the peer ${peer}.`
    const reason = `TLS lets in clients that show nothing at all (\`rid.anonymous\`). ${who}`
    board.set('anonymous', { state: 'ok', reason })
  }
}
