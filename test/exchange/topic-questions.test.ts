import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Config, TopicConfig } from '../../src/config/types.ts'
import { approveQuestion } from '../../src/exchange/operator.ts'
import { read } from '../relay/journey.ts'
import { byNumber, documentText, IODEF2, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { topic } from '../support/sample-config.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench, type Responder } from './bench.ts'
import { createTopics } from './topics.ts'

const MINUTE = 60_000
const SOON = { ...EXCHANGES, hold: 0, expireQuery: MINUTE }
const PEER = { ...ASKER, publish: ['questions', 'more'] }
const X = 'x'.repeat(22)

const topicsOf = (more: Partial<TopicConfig> = {}) => ({
  ...topic('incident'),
  topics: ['incident', 'questions', 'more'].flatMap((name) => topic(name, name === 'questions' ? more : {}).topics),
})

/** csirt-a asks on the Topic, and what others ask there is asked of csirt-b and the archive. */
const ROUTES: Config['routes'] = [
  { match: { peer: ['csirt-a'] }, ask: ['topic:questions'] },
  { match: { type: ['Query'] }, ask: ['archive', 'peer:csirt-b'] },
]

async function open(config: Partial<Config> = {}, responder: Responder = () => ({}), topics = createTopics()) {
  const t = await openBench(
    {
      peers: [PEER, OTHER],
      grid: topicsOf({ query: ['incident'] }),
      exchanges: { ...EXCHANGES, hold: 0 },
      routes: ROUTES,
      ...config,
    },
    responder,
    undefined,
    topics,
  )
  topics.follow(t)
  t.engine.start()
  const to = (name: string) => t.posted.filter((one) => one.to === name)
  return { ...t, topics, to, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() }
}

function element(
  kind: 'report' | 'response' | 'inquiry' | 'request',
  id: string,
  exchange?: string,
  { restriction = 'public', more = '' } = {},
): string {
  const incident = incidentText({ id, attributes: ` restriction="${restriction}"` })
  const context =
    exchange === undefined
      ? ''
      : `<context xmlns="urn:x-iodef-gateway:context:1"><exchange id="${exchange}"${more}/></context>`
  return `<${kind} xmlns="urn:xmpp:incident:2">${incident.replace('<Incident', `<Incident xmlns="${IODEF2}"`)}${context}</${kind}>`
}

const exchangeIn = (xml: string) => /<exchange id="([\w-]{22})"/.exec(xml)?.[1] ?? ''
const documents = (xml: string) => (xml.match(/<Incident /g) ?? []).length

describe('a question that is asked on a Topic', () => {
  test('is retracted when its time is over, and whoever asked is told', async () => {
    await using t = await open({ exchanges: SOON })
    assert.equal((await t.post(byNumber('7'), PEER)).kind, 'promised')
    await eventually('it is published', () => t.topics.published.length === 1)
    const [item] = t.topics.published
    assert.ok(item !== undefined && read(item.xml).valid)
    assert.match(item.xml, /^<inquiry .*<exchange id="[\w-]{22}" from="csirt-a.example" expires="[^"]*Z"/)
    await eventually('that is known', async () => (await t.traced('csirt.example 7')).includes('asked-on'))
    await t.clock.advance(MINUTE)
    await t.side.runDue()
    await eventually('it is taken back', () => t.topics.retracted.length === 1)
    assert.deepEqual(t.topics.retracted, [item.id])
    await eventually('csirt-a is told', () => t.to('csirt-a').length === 1)
    assert.match(t.to('csirt-a')[0]?.xml ?? '', /AuthorizationStatus="Denied" Justification="Other"/)
    assert.equal(t.topics.kept().length, 0)
  })

  test('that never was published is not taken back', async () => {
    await using t = await open({ exchanges: SOON })
    const leg = async () => (await t.store.listExchanges({ limit: 1 }))[0]
    t.topics.away()
    assert.equal((await t.post(byNumber('7'), PEER)).kind, 'promised')
    await eventually(
      'it was tried',
      async () => (await t.store.list({ destination: 'questions' }))[0]?.reason === 'away',
    )
    await t.clock.advance(MINUTE)
    await t.side.runDue()
    assert.equal((await leg())?.state, 'expired')
    assert.equal(
      (await t.store.list({ destination: 'questions' })).length,
      1,
      'the question, which goes nowhere any more',
    )
  })

  test('that was closed before it could be asked waits for no operator, whether it can be written or not', async () => {
    await using t = await open({ exchanges: SOON })
    const asked = async () => (await t.store.list({ destination: 'questions' }))[0]
    t.topics.away()
    assert.equal((await t.post(byNumber('7'), PEER)).kind, 'promised')
    await eventually('it was tried', async () => (await asked())?.reason === 'away')
    await t.clock.advance(MINUTE)
    await t.side.runDue()
    t.unreadable.add('csirt.example')
    await eventually('that is over', async () => {
      await t.clock.advance(MINUTE)
      return (await asked())?.state === 'withheld'
    })
  })

  test('is taken back where nobody knows whether it came through', async () => {
    await using t = await open({ exchanges: SOON })
    t.topics.fail((what) =>
      what === 'publish' ? { kind: 'retry', reason: 'no answer', destinationDown: false } : undefined,
    )
    assert.equal((await t.post(byNumber('7'), PEER)).kind, 'promised')
    await eventually('it was tried', async () => (await t.store.list({ destination: 'questions' }))[0]?.attempts === 1)
    await t.clock.advance(MINUTE)
    await t.side.runDue()
    // behind the question, whose next attempt may be some minutes away
    await eventually('it is taken back', async () => {
      if (t.topics.retracted.length === 0) await t.clock.advance(MINUTE)
      return t.topics.retracted.length === 1
    })
    assert.equal(t.topics.published.length, 0)
  })

  test('that the Topic may not carry is denied, and nobody sees it', async () => {
    await using t = await open({ exchanges: { ...EXCHANGES, hold: 25_000 } })
    const asked = byNumber('7').replace('MsgType=', 'restriction="private" MsgType=')
    assert.match(message(await t.post(asked, PEER)).xml, /Denied" Justification="CannotProcess"/)
    assert.equal(t.topics.published.length, 0)
  })

  test('needs the right to publish there', async () => {
    await using t = await open()
    assert.match(message(await t.post(byNumber('7'), { ...PEER, publish: [] })).xml, /Denied/)
    assert.equal(t.topics.published.length, 0)
  })

  test('is answered by what names it, on its Topic and of a type that fits, as far as its asker may see', async () => {
    await using t = await open()
    assert.equal((await t.post(byNumber('7'), PEER)).kind, 'promised')
    await eventually('it is published', () => t.topics.kept().length === 1)
    const id = exchangeIn(t.topics.published[0]?.xml ?? '')
    await t.topics.show('more', 'elsewhere', element('report', '1', id))
    await t.topics.show('questions', 'result', element('response', '2', id))
    await t.topics.show('questions', 'other', element('report', '3', X))
    await t.topics.show('questions', 'other number', element('report', '70'))
    assert.equal((await t.store.exchange(id))?.answers.length, 0)
    assert.equal((await t.store.exchange(id))?.state, 'open')
    await t.topics.show('questions', 'private', element('report', '4', id, { restriction: 'private' }))
    await eventually('csirt-a is told that there is nothing', () => t.to('csirt-a').length === 1)
    assert.doesNotMatch(t.to('csirt-a')[0]?.xml ?? '', /ReportSchema/)
    assert.ok((await t.traced('csirt.example 7')).includes('answer-withheld'))
    await eventually('that is known', async () => (await t.store.exchange(id))?.state === 'answered')
    await t.side.runDue()
    await eventually('it is taken back', () => t.topics.retracted.length === 1)
    await t.topics.show('questions', 'late', element('report', '5', id))
    assert.equal(t.to('csirt-a').length, 1, 'what comes later is an ordinary item')
  })

  test('gets at most fifty answers, and the same answer once', async () => {
    await using t = await open({ routes: [{ match: {}, ask: ['topic:questions', 'topic:more'] }] })
    assert.equal((await t.post(byNumber('7'), PEER)).kind, 'promised')
    await eventually('it is published', () => t.topics.kept().length === 2)
    const id = exchangeIn(t.topics.published[0]?.xml ?? '')
    for (let i = 0; i < 52; i++) {
      await t.topics.show('questions', `a${i}`, element('report', String(i), id))
      await t.topics.show('questions', `again${i}`, element('report', String(i), id))
    }
    assert.equal((await t.store.exchange(id))?.answers.length, 50)
  })
})

describe('a question that somebody asks on a Topic', () => {
  const told = ridText(documentText([incidentText({ id: '7', content: '' })]))
  const answering: Responder = ({ to }) => (to === 'csirt-b' ? { body: Buffer.from(told) } : {})

  test('is answered once, by items that name it and replace no other', async () => {
    await using t = await open({}, answering)
    await t.show(documentText([incidentText({ id: '7', attributes: ' restriction="partner"' })]))
    await t.topics.show('questions', 'q', element('inquiry', '7', X))
    await eventually('both answers', () => t.topics.published.length === 2)
    await t.topics.show('questions', 'q', element('inquiry', '7', X))
    await eventually('it is over', async () => (await t.store.exchangeCounts()).answered === 1)
    const plain = t.topics.published.map(({ xml }) => read(xml))
    assert.ok(plain.every(({ valid, item }) => valid && item?.element === 'report' && item.exchange?.id === X))
    assert.equal(new Set(t.topics.published.map(({ id }) => id)).size, 2)
    assert.equal(t.to('csirt-b').length, 1)
    assert.equal(t.topics.retracted.length, 0, 'it is not ours')
  })

  test('is answered without an exchange where it has none', async () => {
    await using t = await open({}, answering)
    await t.topics.show('questions', 'q', element('inquiry', '7'))
    await eventually('the answer', () => t.topics.published.length === 1)
    assert.equal(exchangeIn(t.topics.published[0]?.xml ?? ''), '')
  })

  test('gets nothing that all who read the Topic may not see, and no word of it', async () => {
    const secret = ridText(documentText([incidentText({ id: '7', attributes: ' restriction="private"' })]))
    await using t = await open({}, ({ to }) => (to === 'csirt-b' ? { body: Buffer.from(secret) } : {}))
    await t.show(documentText([incidentText({ id: '7', attributes: ' restriction="private"' })]))
    await t.show(documentText([incidentText({ id: '7' })]), 'other')
    await t.topics.show('questions', 'q', element('inquiry', '7', X))
    await eventually('it is over', async () => (await t.store.exchange(X))?.state === 'answered')
    assert.equal(t.topics.published.length, 0)
  })

  test('that has expired, that is not valid, or that no route fits is left alone', async () => {
    await using t = await open({}, answering)
    await t.topics.show('questions', 'old', element('inquiry', '7', X, { more: ' expires="1970-01-01T00:00:00Z"' }))
    await t.topics.show('questions', 'bad', element('inquiry', '7', X).replace('purpose=', 'nothing='))
    assert.deepEqual(await t.store.listExchanges({ limit: 9 }), [])
    const until = new Date(t.clock.now() + 60_000).toISOString()
    await using quiet = await open({ routes: [] }, answering)
    await quiet.topics.show('questions', 'q', element('inquiry', '7', X, { more: ` expires="${until}"` }))
    assert.deepEqual(await quiet.store.listExchanges({ limit: 9 }), [])
  })

  test('ends when it says, and when its item is retracted', async () => {
    await using t = await open({}, ({ to }) => (to === 'csirt-b' ? { status: 202, callbackToken: 'T' } : {}))
    const until = t.clock.now() + 60_000
    await t.topics.show(
      'questions',
      'q',
      element('inquiry', '7', X, { more: ` expires="${new Date(until).toISOString()}"` }),
    )
    assert.equal((await t.store.exchange(X))?.expires, until)
    const other = 'y'.repeat(22)
    await t.topics.show('questions', 'r', element('inquiry', '8', other))
    await t.side.gone('questions', ['r'])
    assert.equal((await t.store.exchange(other))?.state, 'cancelled')
    assert.equal((await t.store.exchange(X))?.state, 'open')
    assert.equal(t.topics.published.length, 0)
  })

  test('has what a peer answers too late where an operator sends it on', async () => {
    await using t = await open({ exchanges: SOON }, ({ to }) =>
      to === 'csirt-b' ? { status: 202, callbackToken: 'T' } : {},
    )
    await t.topics.show('questions', 'q', element('inquiry', '7', X))
    await eventually('it is asked', async () => (await t.traced('7')).includes('asked-on'))
    await t.clock.advance(MINUTE)
    await t.side.runDue()
    assert.equal((await t.store.exchange(X))?.state, 'expired')
    assert.deepEqual(await t.post(told, OTHER, 'T'), { kind: 'reply', xml: '' })
    const [late] = await t.store.list({ destination: 'questions', states: ['held'] })
    assert.match(late?.reason ?? '', /^late: /)
    assert.equal(t.topics.published.length, 0)
    assert.ok(await t.store.retry(late?.id ?? '', t.clock.now()))
    t.engine.wake('topic', 'questions')
    await eventually('it is published', () => t.topics.published.length === 1)
    assert.equal(exchangeIn(t.topics.published[0]?.xml ?? ''), X)
  })

  test('that a person approved is answered by the peer whose name the Topic has, too', async () => {
    const finder = { ...OTHER, name: 'questions', accept: ['Report', 'Result'] as const }
    await using t = await open({ peers: [PEER, finder], routes: [{ match: {}, ask: ['held'] }] })
    await t.topics.show('questions', 'q', element('request', '7', X))
    const config = { peers: [PEER, finder], grid: topicsOf({ query: ['incident'] }) }
    assert.equal((await approveQuestion({ config, store: t.store, events: t.events }, X, 'anne')).done, true)
    const result = ridText(documentText([incidentText({ id: '7', content: '' })]), {
      msgType: 'Result',
      incidentId: incidentId('7'),
      behind: '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>',
    })
    assert.deepEqual(await t.post(result, finder), { kind: 'reply', xml: '' })
    await eventually('it is answered', async () => (await t.store.exchange(X))?.legs[0]?.state === 'answered')
  })

  test('is bounded: as many as may be open at a time, and no more', async () => {
    const waiting: Responder = ({ to }) => (to === 'csirt-b' ? { status: 202 } : {})
    await using t = await open({ exchanges: { ...EXCHANGES, hold: 0, open: 2 } }, waiting)
    for (let i = 0; i < 4; i++) {
      await t.topics.show('questions', `q${i}`, element('inquiry', String(i), String(i).repeat(22)))
    }
    assert.equal((await t.store.exchangeCounts()).open, 2)
    assert.ok((await t.traced('csirt.example 3')).includes('question-denied'))
  })

  test('goes to its asker, and to whom it is asked of, by the question alone', async () => {
    const peers = [PEER, OTHER].map((one) => ({ ...one, topics: ['questions'], send: ['Query', 'Report'] as const }))
    await using t = await open({ peers }, answering)
    assert.equal((await t.post(byNumber('9'), PEER)).kind, 'promised')
    await eventually('it is published', () => t.topics.kept().length === 1)
    await t.topics.show('questions', 'q', element('inquiry', '7', X))
    await eventually('the answer', () => t.topics.published.length === 2)
    await eventually('all items are taken in', async () => (await t.store.cursor('questions'))?.itemId !== 'q')
    const queued = (await t.store.list({})).filter(({ direction }) => direction === 'grid-to-rid')
    const rows = queued.map(({ destination, incident }) => `${destination} ${incident}`).toSorted()
    assert.deepEqual(rows, ['csirt-a csirt.example 7', 'csirt-a csirt.example 7', 'csirt-b csirt.example 9'])
  })
})

test('two gateways that ask on between two Topics, and three askers, come to rest', async () => {
  const topics = createTopics()
  const between = (from: string, to: string): Config['routes'] => [
    { match: { peer: ['csirt-a'] }, ask: [`topic:${from}`] },
    { match: {}, ask: ['archive', `topic:${to}`] },
  ]
  const grid = { ...topicsOf(), topics: topicsOf().topics.map((one) => ({ ...one, query: ['incident'] })) }
  await using one = await open({ grid, routes: between('questions', 'more') }, undefined, topics)
  await using two = await open({ grid, routes: between('more', 'questions') }, undefined, topics)
  for (const bench of [one, two]) await bench.show(documentText([incidentText({ id: '7' })]))
  await topics.show('questions', 'q', element('inquiry', '7', X))
  await one.post(byNumber('7'), PEER)
  await two.post(byNumber('7'), PEER)
  let before = -1
  await eventually(
    () => `nothing is published any more: ${topics.published.length}`,
    () => {
      const still = topics.published.length === before
      before = topics.published.length
      return still && before > 0
    },
    { every: 1000 },
  )
  assert.ok(topics.published.length < 30, String(topics.published.length))
  const questions = topics.published.filter(({ xml }) => xml.startsWith('<inquiry'))
  assert.equal(
    new Set(questions.map(({ topic: on, id }) => `${on} ${id}`)).size,
    questions.length,
    'none is asked twice',
  )
  assert.ok(
    topics.published.some(({ topic: on, xml }) => on === 'questions' && exchangeIn(xml) === X && documents(xml) === 1),
  )
})

test('what is asked on a Topic already is not asked there again when it comes round by another way', async () => {
  await using t = await open({ routes: [{ match: {}, ask: ['topic:more'] }] })
  assert.equal((await t.post(byNumber('7'), PEER)).kind, 'promised')
  await eventually('it is published', () => t.topics.published.length === 1)
  const asked = t.topics.published[0]?.xml ?? ''
  await t.topics.show('questions', 'round', asked.replace(exchangeIn(asked), X))
  assert.equal(await t.store.exchange(X), undefined)
  assert.ok((await t.traced('csirt.example 7')).includes('trace-loop'))
})
