import type { GridConfig } from '../config/types.ts'
import type { Fellows } from './fellows.ts'
import type { XmppGridOptions } from './xmpp-grid-options.ts'

/**
 * What a session says of itself, and whom it listens to. A watcher's says nothing: its subscription is for its full JID, and events for the
 * gateway's account are not for it.
 */
export function asGateway({ liveOnly, handlers }: XmppGridOptions, { resource }: GridConfig, fellows: Fellows) {
  if (liveOnly === true) return { presence: false }
  return {
    presence: true,
    resource,
    store: fellows.store,
    onFellow: fellows.met.bind(fellows),
    ...(handlers.participants && { participants: handlers.participants }),
  }
}
