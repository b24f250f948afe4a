import type { StoreNews } from '../store/news.ts'
import type { PartState } from '../vocabulary.ts'
import type { Rows } from './row.ts'

/** What is told of the process and its parts. */
export interface ProcessNews {
  serving: { readonly rid: number; readonly ops: number; readonly peers: number; readonly topics: number }
  draining: object
  stopping: { readonly signal: string }
  stopped: object
  ended: object
  'stop-forced': object
  bug: { readonly err: unknown }
  'disk-failed': { readonly err: unknown }
  state: { readonly part: string; readonly state: PartState; readonly reason: string | null }
  'configuration-read': { readonly peers: number; readonly topics: number }
  'configuration-refused': { readonly reason: string }
  'control-absent': { readonly err: unknown }
  /** `notAfter` in ISO 8601 */
  'certificate-expiry': { readonly certificate: string; readonly notAfter: string; readonly days: number }
  'certificate-expired': { readonly certificate: string; readonly notAfter: string; readonly days: number }
  pruned: { readonly rows: number }
  'audit-failed': { readonly err: unknown }
  /** where gateways share a store */
  'topics-ours': object
  'topics-anothers': { readonly reason: string }
  'topic-left': { readonly topic: string }
  'audit-written-again': object
  'audit-changed': { readonly reason: string }
  /** the number and the hash of its last entry */
  'audit-head': { readonly seq: number; readonly hash: string }
}

/** What the operators' endpoint tells. */
export interface OpsNews {
  'figures-unreadable': { readonly err: unknown }
  'ops-failed': { readonly err: unknown; readonly path: string | undefined }
  /** `remote`: the address that it came from */
  'page-signed-in': { readonly remote: string }
  'page-sign-in-refused': { readonly remote: string; readonly reason: string }
}

export const PROCESS = {
  bug: {
    level: 'fatal',
    text: 'A bug: the gateway ends',
    help: 'report it with `err`; let it be started again: nothing is lost',
  },
  'disk-failed': {
    level: 'fatal',
    text: 'The disk failed under the store: the gateway ends',
    help: 'look at the disk and the system log before it is started again',
  },
  ended: { level: 'error', text: 'Ended', help: 'the line before says why' },
  'stop-forced': {
    level: 'error',
    text: 'Stopping took too long and was forced',
    help: 'what was being sent is sent again at the next start',
  },
  'audit-failed': {
    level: 'error',
    text: 'The audit log could not be written and will be tried again',
    help: '`err` says why: disk full or read-only. Reports are taken all the same; up to 10,000 entries wait in memory, more are counted',
  },
  'audit-changed': {
    level: 'error',
    text: 'The audit log is not as it was left',
    help: '`reason` says how: a write that a power cut ended, or somebody who changed it. `iodef-gateway audit verify`',
  },
  'configuration-refused': {
    level: 'error',
    text: 'Configuration was refused, the old one stays',
    help: 'nothing of it is in force, nor of the files it names; `reason` has each problem, as `check` says them, or what needs a restart',
  },
  'control-absent': {
    level: 'warn',
    text: 'The command "reload" cannot reach this gateway',
    help: '`err` says why its socket beside the store is not there, as a path of more than 107 bytes; SIGHUP does the same',
  },
  'certificate-expired': {
    level: 'error',
    text: 'A certificate or CRL has expired',
    help: 'renew; peers, or with `grid-` the Controller, are being refused',
  },
  'certificate-expiry': { level: 'warn', text: 'A certificate or CRL expires soon', help: 'renew' },
  'store-newer': {
    level: 'warn',
    text: 'The store is that of a newer gateway, which works beside this one',
    help: 'as it should be during an upgrade: bring this gateway to the new version, too',
  },
  'checkpoints-in-commits': {
    level: 'warn',
    text: 'Checkpoints happen in commits from now on: their thread ended',
    help: 'a fault of ours: report it. Commits take longer now and then until the next start',
  },
  'figures-unreadable': {
    level: 'warn',
    text: 'The figures of the queue could not be read',
    help: '`/metrics` went without them; `err` says why, mostly the store',
  },
  'ops-failed': {
    level: 'warn',
    text: 'The operators endpoint could not answer',
    help: '`err` says why, mostly the store',
  },
  'page-sign-in-refused': {
    level: 'warn',
    text: 'A sign-in to the page was refused',
    help: '`remote` has not the token of `ops.token`, or tried too often; if that is no slip of yours, find out who it is',
    seldom: ({ remote }) => remote,
    offPage: true,
  },
  // another reason alone is no news (debug)
  state: {
    level: ['warn', 'info', 'debug'],
    text: 'State changed',
    help: 'a part stopped or began to work; `part`, `state`, `reason`: see [Health and metrics](#health-and-metrics)',
    measures: [
      { metric: 'up', labels: { part: (s) => s.part }, value: (s) => (s.state === 'failed' ? 0 : 1) },
      { metric: 'degraded', labels: { part: (s) => s.part }, value: (s) => (s.state === 'degraded' ? 1 : 0) },
    ],
  },
  'page-signed-in': { level: 'info', text: 'An operator signed in to the page', help: '`remote` has the token' },
  serving: { level: 'info', text: 'Serving', help: 'started: the ports, and how many peers and Topics' },
  'topics-ours': {
    level: 'info',
    text: 'This gateway follows the Topics from now on',
    help: 'of those that share the store, one does: the one before stopped, or has no Controller',
  },
  'topics-anothers': {
    level: 'info',
    text: 'Another gateway follows the Topics from now on',
    help: '`reason` says why; nothing is lost by it',
  },
  'topic-left': {
    level: 'warn',
    text: 'The Broker took nothing for a Topic from this gateway: another one publishes to it for some minutes',
    help: 'of those that share the store; look at the node that this one is logged in to',
  },
  draining: { level: 'info', text: 'Draining', help: 'takes nothing new; lets finish what is being sent' },
  stopping: { level: 'info', text: 'Stopping', help: '`signal` asked for it' },
  stopped: { level: 'info', text: 'Stopped', help: 'the last line of an orderly end' },
  'audit-written-again': {
    level: 'info',
    text: 'The audit log is written again',
    help: 'entries that were only counted are said in it',
  },
  'audit-head': {
    level: 'info',
    text: 'The audit log is on disk up to here',
    help: 'at start, each hour, and at the end: `iodef-gateway audit verify --expect HASH` tells whether that entry is still there',
  },
  'configuration-read': {
    level: 'info',
    text: 'Configuration was read again',
    help: 'all of it is in force, and the certificates, keys and CRLs that it names',
  },
  pruned: {
    level: 'info',
    text: 'Old documents and traces were dropped',
    help: 'those delivered 30 days ago, traces of 400 days ago',
  },
  'store-upgrading': {
    level: 'info',
    text: 'The store is brought to the form of this version',
    help: 'once, before anything else: about a minute for each million messages, more on a slow disk. What ends it undoes it, and the next start begins anew',
  },
  'store-opened': { level: 'debug', text: 'Store opened' },
  'store-committed': {
    level: 'debug',
    text: 'Writes are on disk',
    measures: [{ metric: 'commitSeconds', labels: {}, value: (c) => c.seconds }],
  },
} as const satisfies Rows<ProcessNews & OpsNews & StoreNews>
