import type { GridOptions } from './contract.ts'
import type { SessionTiming } from './xmpp/session.ts'
import type { ResolveSrv } from './xmpp/srv.ts'
import type { BackoffTiming } from './xmpp/supervise.ts'

export interface XmppGridOptions extends GridOptions {
  /** asks DNS for SRV records [the name servers of the system] */
  readonly resolveSrv?: ResolveSrv
  readonly timing?: Partial<GridTiming>
}

/** ms */
interface GridTiming extends SessionTiming, BackoffTiming {
  /** between looks at a Topic that is not there */
  readonly topicRetry: number
  readonly resync: number
}
