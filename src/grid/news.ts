/** What the grid side tells. */
export type GridNews = ControllerNews & TopicNews & ItemNews

export interface ControllerNews {
  'grid-started': { readonly service: string; readonly topics: readonly string[] }
  'controller-connected': {
    readonly jid: string
    readonly service: string
    readonly tls: string
    readonly mechanism: string
  }
  /** `code` is ours, `raw` that of the system or of OpenSSL */
  'controller-away': {
    readonly code: string
    /** undefined: none is known */
    readonly service: string | undefined
    readonly reason: string
    readonly retryInMs: number
    readonly raw?: string | undefined
  }
  /** RFC 6120 §4.9.3.19 */
  'controller-elsewhere': { readonly service: string }
  /** by another gateway, with a store of its own: `jid` */
  'account-shared': { readonly jid: string }
  /** it takes so little that publications wait for it */
  'controller-slow': { readonly reason: string }
  /** XEP-0060 §10 */
  'broker-lacks': { readonly features: readonly string[] }
  'session-failed': { readonly reason: string }
}

export interface TopicNews {
  'topic-checked': {
    readonly topic: string
    readonly created: boolean
    readonly access: string | undefined
    /** as the Broker says */
    readonly owner: string | undefined
    readonly maxItems: string | undefined
    readonly size: number
  }
  'topic-created': { readonly topic: string; readonly access: string }
  'topic-access': { readonly topic: string; readonly configured: string; readonly found: string }
  'topic-repaired': { readonly topic: string; readonly fields: readonly string[] }
  'topic-readers': { readonly topic: string; readonly added: number; readonly removed: number }
  /** XEP-0060 §8.6 */
  'subscription-request': {
    readonly topic: string
    readonly jid: string
    readonly answer: 'approved' | 'denied' | 'failed' | 'pending'
  }
  /** XEP-0060 §6.1.3.11 */
  'topic-redirected': { readonly topic: string; readonly broker: string; readonly node: string }
  'topic-unwatched': { readonly topic: string; readonly reason: string }
  'topic-keeps-nothing': { readonly topic: string }
  'topic-members': { readonly topic: string; readonly reason: string }
  /** at the Broker, while it is used */
  'topic-members-differ': { readonly topic: string; readonly reason: string }
  'topic-unavailable': { readonly topic: string; readonly reason: string }
  /** XEP-0060 §8.5, §8.4, §8.2.5, §8.8.4: a Topic's changes, named as there */
  purge: { readonly topic: string }
  delete: { readonly topic: string; readonly redirect?: string }
  configuration: { readonly topic: string }
  subscription: { readonly topic: string }
}

interface ItemNews {
  /** Published after `after` (the last committed item), gone before `before` (the oldest retained): missed for good. */
  gap: {
    readonly topic: string
    readonly after: string
    readonly before: string | null
    readonly retained: number
  }
  /** A message that claimed to be a pubsub event and was not from the Broker, or was over a limit. */
  'dropped-event': {
    readonly reason: 'forged' | 'oversized' | 'malformed' | 'unknown-topic'
    readonly from: string
    /** where it is one item that is known */
    readonly topic?: string
    readonly item?: string
  }
  'item-too-long': { readonly topic: string; readonly item: string }
  'item-unreadable': { readonly topic: string; readonly item: string; readonly reason: string }
  'items-not-taken': { readonly topic: string; readonly items: number; readonly reason: string }
  'items-waiting': { readonly topic: string }
  'items-missed': { readonly topic: string }
  'retained-read': { readonly topic: string; readonly retained: number; readonly unseen: number }
  /** at the first join, with `from: now` */
  'retained-passed': { readonly topic: string; readonly items: number }
  'retained-unreadable': { readonly topic: string; readonly reason: string }
  'newest-unreadable': { readonly topic: string; readonly reason: string }
}
