import type { GridNews } from '../grid/news.ts'
import type { Rows } from './row.ts'

/** XEP-0060's names of what a Broker tells of a Topic */
const CHANGED = 'Topic changed at the Broker.'

export const GRID = {
  // RFC 8600 §4.3.1 calls for this to be noticed
  gap: {
    level: 'error',
    text: 'Items of the Topic were missed and cannot be recovered',
    help: "raise the server's limit of kept items, ask the publisher for what is missing",
    measures: [{ metric: 'gaps', labels: { topic: (g) => g.topic } }],
  },
  'item-too-long': {
    level: 'error',
    text: 'An item is too long to be read.',
    help: 'it is over `grid.maxItem` by far and is left out; ask its publisher',
  },
  'topic-members': {
    level: 'error',
    text: 'Topic has not all its members.',
    help: '`reason` says whom the Broker did not take; nobody reads who should not. Tried again at each check of the Topic',
  },
  'account-shared': {
    level: 'error',
    text: 'Another gateway is logged in with the same account.',
    help: 'at `jid`, with a store of its own: everybody who is sent something gets it from both. Stop one, or give it an account of its own',
    cut: { jid: 200 },
  },
  'session-failed': {
    level: 'error',
    text: 'Work on the session failed.',
    help: 'a fault of ours: report it. The gateway connects anew',
  },
  'controller-away': {
    level: 'warn',
    text: 'Controller not connected.',
    help: '`code` says why: below; `service`, which address was tried. `retryInMs` 0: the next one is tried at once',
  },
  'controller-slow': {
    level: 'warn',
    text: 'Controller is slow.',
    help: '`reason` says how many bytes it takes, and what to lift; items wait, nothing is lost',
  },
  'topic-unavailable': {
    level: 'warn',
    text: 'Topic not available.',
    help: '`reason` says why: it does not exist and `create` is false, the account may not use it, somebody could read it who must not, or something of ours failed at it',
  },
  'topic-members-differ': {
    level: 'warn',
    text: 'Who may read a Topic was changed at the Broker.',
    help: '`reason` says who may read it and is not in `members`, or the other way round; set right by `topics members mend`, and at the next check of the Topic',
    cut: { reason: 600 },
  },
  'topic-access': {
    level: 'warn',
    text: 'Topic exists with another access model than configured.',
    help: 'a stricter one (a laxer one is refused): some who should read cannot. Change it at the Broker, or `access`',
  },
  'topic-keeps-nothing': {
    level: 'warn',
    text: 'Topic keeps no items: what is published while a Consumer is away is lost to it.',
    help: 'let the Broker persist its items',
  },
  'dropped-event': {
    level: 'warn',
    text: 'A pubsub event was dropped',
    help: '`forged`: a message that did not come from the Broker. `oversized`, `malformed`: the Broker sent what could not be read',
    measures: [{ metric: 'dropped', labels: { reason: (d) => d.reason } }],
    cut: { from: 200 },
    seldom: (d) => d.reason,
  },
  'items-not-taken': {
    level: 'warn',
    text: 'Items could not be taken in.',
    help: '`reason` says why, mostly the store; they are read again',
  },
  'items-waiting': {
    level: 'warn',
    text: 'Too much waits to be taken in: the Topic is read again.',
    help: 'more comes than the machine takes; nothing is lost while the Broker keeps it',
  },
  'items-missed': {
    level: 'warn',
    text: 'Items were missed: the Topic is read again.',
    help: 'the Broker did not tell of them; nothing is lost',
  },
  'item-unreadable': {
    level: 'warn',
    text: 'An announced item cannot be read.',
    help: 'the Broker does not hand it out: `reason`',
  },
  'retained-unreadable': {
    level: 'warn',
    text: 'Retained items cannot be read.',
    help: 'the Broker keeps none, or shows them to nobody: what is published while the gateway is away is lost to it',
  },
  'controller-connected': {
    level: 'info',
    text: 'Controller connected.',
    help: 'logged in as `jid` at `service`, inside `tls`, by `mechanism`',
    measures: [{ metric: 'logins', labels: {} }],
  },
  'controller-elsewhere': {
    level: 'info',
    text: 'Controller sends us elsewhere.',
    help: 'it said see-other-host: `service` is tried at once. Its certificate must name the same domain',
  },
  'topic-redirected': {
    level: 'info',
    text: 'The Topic is elsewhere now, and followed there.',
    help: 'its Broker said so, and `grid.redirects` has `broker`: its items come from `node` there. What is published still goes to the Broker',
  },
  'broker-lacks': {
    level: 'info',
    text: 'The Broker does not have all features.',
    help: 'without `publish-options` a Topic is looked at before each publication; without `retrieve-items` what is published while the gateway is away is lost to it',
  },
  'topic-created': { level: 'info', text: 'Topic created.', help: 'it was absent, and `create` is true' },
  'topic-checked': {
    level: 'info',
    text: 'Topic checked.',
    help: 'what the Broker says of it: `access` model, `owner`',
  },
  'topic-repaired': {
    level: 'info',
    text: 'Topic repaired.',
    help: '`fields` of its configuration were not as configured',
  },
  'topic-readers': {
    level: 'info',
    text: 'Members set.',
    help: 'so many were `added`, and `removed` because `members` has them no more',
  },
  'subscription-request': {
    level: 'info',
    text: 'Somebody asked to be subscribed.',
    help: '`jid` is let in (`answer` is `approved`) where `members` has it. Otherwise it waits for you where `access` is `authorize` (`pending`): `topics requests`; and is `denied` elsewhere',
    cut: { jid: 200 },
  },
  purge: { level: 'info', text: CHANGED, help: 'its items were purged' },
  delete: {
    level: 'info',
    text: CHANGED,
    help: 'it was deleted; the gateway looks for it again. `redirect`: where its owner says that its items are now',
  },
  configuration: { level: 'info', text: CHANGED, help: 'its configuration was changed' },
  subscription: { level: 'info', text: CHANGED, help: "the gateway's subscription was changed" },
  'retained-read': {
    level: 'info',
    text: 'Reading retained items.',
    help: '`unseen` of them came while the gateway was away',
  },
  'retained-passed': {
    level: 'info',
    text: 'What the Topic kept before is passed over.',
    help: '`from` is `now`: so many `items` are known from now on, and were not delivered. Once for each store',
  },
  'grid-started': { level: 'debug', text: 'Grid started.' },
  'topic-unwatched': { level: 'debug', text: 'Its deletion will not be heard.' },
  'newest-unreadable': { level: 'debug', text: 'The newest items cannot be read.' },
} as const satisfies Rows<GridNews>
