import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { itemId } from '../../src/profile/item.ts'
import { PLAIN_SHELL } from '../../src/profile/shell.ts'
import { consumedFrom } from '../../src/relay/part.ts'
import type { MsgType } from '../../src/vocabulary.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'
import { consume, grid, published, read, valid } from './journey.ts'

/** What becomes of the items of a message. */
const itemsOf = (text: string, msgType: MsgType = 'Report') =>
  published(read(text), grid(), msgType).map(({ item }) => consume(item.xml))

const TWO = documentText([incidentText({ id: '1' }), incidentText({ id: '2' })], ' xml:lang="ja"')

describe('a bare IODEF-Document', () => {
  test('is a Report with all of its Incidents, under the first of them', () => {
    const { item, variant, incident, incidents, part } = consume(TWO)
    assert.equal(item, itemId(valid(TWO).document.xml))
    assert.equal(variant, '')
    assert.deepEqual(incidents, ['csirt.example 1', 'csirt.example 2'])
    assert.equal(incident, 'csirt.example 1')
    assert.deepEqual([part.msgType, part.policy, part.original, part.items], ['Report', null, null, []])
    assert.equal(part.incidents.length, 2)
    assert.match(part.shell, /xml:lang="ja"/)
    assert.equal(part.id.id, '1')
  })

  test('that says nothing of itself has the plain shell', () => {
    assert.equal(consume(documentText()).part.shell, PLAIN_SHELL)
  })
})

describe('an XEP-0268 item', () => {
  test('is its one Incident, with the id of its content', () => {
    const [publication] = published(read(documentText()))
    const { item, variant, part } = consume(publication?.item.xml ?? '')
    assert.equal(item, publication?.item.id)
    assert.equal(variant, publication?.variant)
    assert.deepEqual([part.incidents.length, part.items, part.shell], [1, [], PLAIN_SHELL])
  })

  test('of a document of several knows its place and those of the others', () => {
    const items = itemsOf(TWO)
    assert.deepEqual(
      items.map(({ incident }) => incident),
      ['csirt.example 1', 'csirt.example 2'],
    )
    for (const { item, incident, incidents, part } of items) {
      assert.deepEqual(incidents, [incident])
      assert.deepEqual(
        part.items,
        items.map((other) => other.item),
      )
      assert.ok(part.items.includes(item))
      assert.equal(part.incidents.length, 1)
      assert.match(part.shell, /xml:lang="ja"/)
    }
  })

  test('is of the MsgType that its element stands for, or that its context states', () => {
    for (const type of ['Query', 'InvestigationRequest', 'TraceRequest', 'Result'] as const) {
      const behind = type === 'Result' ? '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>' : ''
      const text = ridText(documentText(), { msgType: type, behind })
      const [found] = itemsOf(text, type)
      assert.equal(found?.part.msgType, type, type)
    }
  })

  test('is told from another of the same Incident by what is said beside it', () => {
    const [plain] = itemsOf(documentText())
    const [other] = itemsOf(documentText([incidentText()], ' xml:lang="ja"'))
    assert.equal(plain?.item, other?.item)
    assert.notEqual(plain?.variant, other?.variant)
  })
})

test('what is no IODEF is nothing to deliver', () => {
  assert.equal(consumedFrom(read('<x xmlns="urn:x"/>')), undefined)
  assert.equal(consumedFrom(read(ridText(documentText()))), undefined)
})
