import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { identifiersIn } from '../support/trees.ts'

function messages(body: string, limit?: number): string[] {
  const root = scan(`<IODEF-Document xmlns="${NS.iodef2}" xmlns:ds="${NS.ds}">\n${body}</IODEF-Document>`)
  return identifiersIn(root, limit)
    .problems({ whole: true })
    .map((d) => `${d.line}: ${d.message}`)
}

const indicator = (id: string) => `<IndicatorID name="a.example" version="1">${id}</IndicatorID>`

describe('identifiers', () => {
  test('are fine when each is there once and references find them', () => {
    const body =
      `<EventData observable-id="a"/><EventData observable-id=" b "/>${indicator('\n c ')}` +
      '<ObservableReference uid-ref="a"/><ObservableReference uid-ref="b"/><IndicatorReference uid-ref=" c "/>' +
      '<IndicatorReference euid-ref="elsewhere"/>'
    assert.deepEqual(messages(body), [])
  })

  test('may not occur twice, whatever carries them', () => {
    const taken = 'is already used in line 2.'
    assert.deepEqual(messages('<System observable-id="a"/>\n<Node observable-id="a"/>'), [
      `3: observable-id "a" ${taken}`,
    ])
    assert.deepEqual(messages(`<System observable-id="a"/>\n${indicator('a')}`), [`3: IndicatorID "a" ${taken}`])
    assert.deepEqual(messages(`${indicator('a')}\n${indicator(' a')}`), [`3: IndicatorID "a" ${taken}`])
    assert.deepEqual(messages('<System observable-id="a"/>\n<ds:Signature Id="a"/>'), [`3: Id "a" ${taken}`])
  })

  test('are the same in extension content', () => {
    const inner =
      '<AdditionalData dtype="xml"><w xmlns="urn:x"><Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" observable-id="a"/></w></AdditionalData>'
    assert.equal(messages(`<Incident observable-id="a"/>${inner}`).length, 1)
  })

  test('of other vocabularies are theirs', () => {
    const foreign = '<x xmlns="urn:x" Id="a" observable-id="1" uid-ref="b"/><x xmlns="urn:x" Id="a" observable-id="1"/>'
    assert.deepEqual(messages(foreign), [])
    assert.deepEqual(messages('<ds:KeyName Id="a"/><ds:KeyName Id="a"/><Node Id="a"/>'), [])
    const named = '<x xmlns="urn:x" xml:id="a"/><y xmlns="urn:x" xml:id="a"/><y xmlns="urn:x" xml:id="1:2"/>'
    assert.deepEqual(messages(named), [])
    assert.deepEqual(messages(`${named}<Node observable-id="a"/>`), [])
    assert.deepEqual(messages(`${named}<ObservableReference uid-ref="a"/>`), [])
  })

  test('are names without colon', () => {
    for (const id of ['1st', '', 'a:b', 'a b', '-a', 'a\u00a0', '\u00a0a', '\u0301a']) {
      assert.equal(messages(indicator(id)).length, 1, JSON.stringify(id))
    }
    for (const id of ['_', 'a-1.b', 'žluť', '一番', 'a\u0301', '\u{1F512}a']) {
      assert.equal(messages(indicator(id)).length, 0, JSON.stringify(id))
    }
  })

  test('that are referred to must exist, before or after', () => {
    assert.deepEqual(messages('<ObservableReference uid-ref="a"/><Node observable-id="a"/>'), [])
    assert.deepEqual(messages('<IndicatorReference uid-ref="b"/><Node observable-id="a"/>'), [
      '2: uid-ref of IndicatorReference names "b", which is nowhere in the document.',
    ])
  })

  test('of the other parts of a document may be referred to where this is one part', () => {
    const root = scan(`<ObservableReference xmlns="${NS.iodef2}" uid-ref="elsewhere"/>`)
    assert.equal(identifiersIn(root).problems({ whole: true }).length, 1)
    assert.deepEqual(identifiersIn(root).problems({ whole: false }), [])
  })

  test('are known by kind, white space or not, right or wrong', () => {
    const root = scan(
      `<x xmlns="${NS.iodef2}"><Node observable-id=" a "/><Node observable-id="1"/>${indicator(' b')}</x>`,
    )
    const { observableIds, indicatorIds } = identifiersIn(root)
    assert.deepEqual([...observableIds], ['a', '1'])
    assert.deepEqual([...indicatorIds], ['b'])
  })

  test('flood nobody: messages are few and short', () => {
    const flood = messages(`<Node observable-id="${'a'.repeat(5000)}"/>`.repeat(1000))
    assert.equal(flood.length, 100)
    assert.ok(flood.every((m) => m.length < 200))
    assert.equal(messages('<ObservableReference uid-ref="b"/>'.repeat(10), 3).length, 3)
  })
})
