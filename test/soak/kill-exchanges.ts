import { setTimeout as wait } from 'node:timers/promises'
import type { GatewayProcess } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { createPki } from '../support/pki.ts'
import { createRandom } from '../support/random.ts'
import type { RidClient } from '../support/rid-client.ts'
import { type RidPeer, startRidPeer } from '../support/rid-peer.ts'
import { createSite, type Site } from '../support/site.ts'
import { type Asker, judgeAskers, numberIn, query, report, startAsker, untilAnswered } from './askers.ts'
import { createFailures, type Proof } from './proof.ts'

const EMPTY = { status: 200 } as const
const MAY = { restrictions: ['public', 'partner'], accept: ['Query'] }
/** ms until all that was asked is answered, and as long again until all is at rest, once nobody is killed any more */
const PATIENCE = 120_000

/**
 * Kill -9 at `count` random moments of one of two gateways that ask each other, as three RID systems ask. Who is asked in the end asks
 * the same back each time, and answers by callback, later. Each asker has its answer, none another content or somebody else's; at rest.
 */
export const killExchanges: Proof = async ({ count, seed, say }) => {
  const random = createRandom(seed)
  const failures = createFailures()
  await using world = new AsyncDisposableStack()
  const pki = world.use(await createPki())
  const sites = [
    world.use(await createSite({ pki, user: 'gateway', peers: [] })),
    world.use(await createSite({ pki, user: 'gateway2', peers: [] })),
  ] as const
  const ca = await pki.ca('rid')
  const peer = async (name: string) => {
    const { cert, key } = await ca.issue({ cn: name, dns: [`${name}.example`, 'localhost'] })
    return world.use(await startRidPeer({ cert, key, ca: ca.cert }))
  }
  const [one, two, three, far] = [await peer('one'), await peer('two'), await peer('three'), await peer('far')]
  const at = (name: string, { url }: Pick<RidPeer, 'url'>) => ({
    name,
    identity: { dns: `${name}.example` },
    url,
    ...MAY,
  })
  const gate = (name: string, { ridPort }: Site) => at(name, { url: `https://localhost:${ridPort}/` })
  const exchanges = { hold: '500ms', rate: 100_000, open: 1000 }
  const asks = (from: readonly string[], whom: string) => ({
    match: { peer: from, type: ['Query'] },
    ask: [`peer:${whom}`],
  })
  await sites[0].config({
    exchanges,
    peers: [at('one', one), at('two', two), at('far', far), gate('gateway2', sites[1])],
    routes: [asks(['one', 'two', 'far'], 'gateway2'), asks(['gateway2'], 'far')],
  })
  await sites[1].config({
    exchanges,
    peers: [at('three', three), at('far', far), gate('gateway', sites[0])],
    routes: [asks(['three', 'far'], 'gateway'), asks(['gateway'], 'far')],
  })
  for (const asker of [one, two, three]) asker.script({ does: 'answer', ...EMPTY })
  const asked = answerLater(
    far,
    await Promise.all(sites.map(async (site) => [site.server.fingerprint256, await site.client('far')] as const)),
    random,
  )

  const gateways: GatewayProcess[] = await Promise.all(sites.map((site) => site.spawn()))
  world.defer(async () => {
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()))
  })
  const [own, both, ring] = [numbers('own'), numbers('both'), numbers('ring')]
  const rarely = (share: number, other: () => string) => () => (random() < share ? other() : own.next())
  const start = async (name: string, site: Site, callbacks: RidPeer, next: () => string): Promise<Asker> =>
    world.use(startAsker({ name, client: await site.client(name), peer: callbacks, next, pause: 250 }))
  const askers = [
    await start(
      'one',
      sites[0],
      one,
      rarely(0.5, () => (random() < 0.7 ? both.next() : ring.last())),
    ),
    await start('two', sites[0], two, rarely(0.6, both.last)),
    await start('three', sites[1], three, rarely(0.3, ring.next)),
  ]

  const killed = await killSome({ sites, gateways, random, count }, asked.waiting, (kills) => {
    say(`${kills} kills, ${askers.reduce((n, { questions }) => n + questions.length, 0)} questions`)
  })
  await Promise.all(gateways.map(({ serving }) => serving))
  await Promise.all(askers.map((asker) => asker.stop()))
  const all = askers.flatMap((asker) => asker.questions.map((question) => ({ asker, question })))
  const unanswered = () => all.filter(({ asker, question }) => asker.told(question).length === 0)
  await eventually('all to be answered', () => unanswered().length === 0, { ms: PATIENCE }).catch(() => undefined)
  for (const { asker, question } of unanswered()) failures.add('not answered', `${asker.name} ${question.number}`)
  const rest = async () => {
    const [open, backlog] = [
      await Promise.all(sites.map((site) => site.metric('iodef_gateway_exchanges', { state: 'open' }))),
      await Promise.all(sites.map((site) => site.backlog())),
    ]
    return open.every((n) => n === 0) && backlog.every(({ pending, sending }) => pending + sending === 0)
  }
  await eventually('both to be at rest', rest, { ms: PATIENCE }).catch(async (error: Error) =>
    failures.add('not at rest', [error.message, ...(await Promise.all(sites.map(stillOpen)))].join('\n')),
  )
  const before = far.requests.length
  await wait(2_000)
  if (far.requests.length > before) failures.add('not at rest', `${far.requests.length - before} questions more`)

  const denied = judgeAskers(askers, failures)
  const repeats = all.map(({ asker, question }) => asker.told(question).length - 1)
  return {
    failures: failures.all(),
    figures: {
      kills: count,
      'of these while starting': killed.starting,
      'of these while somebody was asked and had not answered': killed.open,
      questions: all.length,
      'answered in the response': all.filter(({ question }) => question.tokens.size === 0).length,
      'promised, and answered by callback': all.filter(({ question }) => question.tokens.size > 0).length,
      'answers that came again, the same': repeats.reduce((sum, n) => sum + Math.max(0, n), 0),
      'denied where the ring closes': denied,
      'asked of the one who knows': asked.count(),
      'asked back by it, and denied': asked.denied(),
    },
  }
}

/** What a gateway that does not come to rest is waiting for. */
async function stillOpen(site: Site): Promise<string> {
  const open = await site.command('exchanges', 'list', '--state', 'open', '--json')
  const queue = await site.command('queue', 'list', '--state', 'pending', '--json')
  return `open: ${open.slice(0, 3_000)} pending: ${queue.slice(0, 3_000)}`
}

interface Killing {
  readonly sites: readonly Site[]
  /** in the places of those that are killed stand their successors */
  readonly gateways: GatewayProcess[]
  readonly random: () => number
  readonly count: number
}

/** One in five while it is starting, the others at a random moment of what they do. */
async function killSome(
  { sites, gateways, random, count }: Killing,
  waiting: () => number,
  say: (kills: number) => void,
) {
  const killed = { starting: 0, open: 0 }
  for (let kill = 1; kill <= count; kill += 1) {
    const which = random() < 0.5 ? 0 : 1
    let serves = false
    const noted = gateways[which]?.serving.then(
      () => {
        serves = true
      },
      () => undefined,
    )
    if (random() < 0.8) await noted
    await wait(random() * 1_200)
    if (!serves) killed.starting += 1
    if (waiting() > 0) killed.open += 1
    await gateways[which]?.kill()
    const next = sites[which]?.launch()
    if (next !== undefined) gateways[which] = next
    if (kill % 5 === 0 || kill === count) say(kill)
  }
  return killed
}

function numbers(name: string) {
  let n = 1
  return {
    next: () => {
      n += 1
      return `${name}-${n}`
    },
    last: () => `${name}-${n}`,
  }
}

/** Whoever asks `far` is promised an answer, asked the same back, and called back later, until that is taken or refused. */
function answerLater(far: RidPeer, clients: readonly (readonly [string, RidClient])[], random: () => number) {
  let [token, waiting, count, denied] = [0, 0, 0, 0]
  const clientOf = new Map(clients)

  async function answer(number: string, own: string, client: RidClient): Promise<void> {
    waiting += 1
    // a gateway that is killed before it answers keeps the answer for whoever asks again
    const back = await untilAnswered(() => client.post(query(number)))
    if (back.body.includes('Denied')) denied += 1
    await wait(random() * 1_500)
    await untilAnswered(() => client.post(report(number), { 'rid-callback-token': own }))
    waiting -= 1
  }

  far.script({
    does: 'reply',
    to({ body, client: from }) {
      if (!body.includes('MsgType="Query"')) return EMPTY
      count += 1
      token += 1
      const own = `far-${token}`
      const client = clientOf.get(from ?? '')
      if (client !== undefined) void answer(numberIn(body), own, client)
      return { status: 202, headers: { 'rid-callback-token': own } }
    },
  })
  return { waiting: () => waiting, count: () => count, denied: () => denied }
}
