import assert from 'node:assert/strict'
import { test } from 'node:test'
import { incidentIdOf, incidentKey, isAskedFor, searchesFor, searchWord } from '../../src/iodef/incident-id.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { IODEF1, incidentText } from '../support/documents.ts'

const idOf = (text: string) =>
  incidentIdOf(scan(text.replace('<Incident ', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" ')))

test('name, instance and id, without the white space around them', () => {
  const text = incidentText({ name: ' csirt.example ', id: '\n 2026 \t 7 ' }).replace(
    '<IncidentID ',
    '<IncidentID instance=" 2 " ',
  )
  assert.deepEqual(idOf(text), { name: 'csirt.example', instance: '2', id: '2026 7' })
  assert.deepEqual(idOf(incidentText()), { name: 'csirt.example', instance: null, id: '1' })
})

test('the id of the Incident itself, not of one that it mentions, nor of another vocabulary', () => {
  const mention = '<RelatedActivity><IncidentID name="other">9</IncidentID></RelatedActivity>'
  assert.equal(
    idOf(
      `<Incident >${mention}${incidentText()
        .slice('<Incident'.length)
        .replace(/^[^>]*>/, '')}`,
    )?.id,
    '1',
  )
  assert.equal(idOf(`<Incident ><IncidentID xmlns="${IODEF1}" name="a">1</IncidentID></Incident>`), undefined)
})

test('the key names CSIRT, id and instance', () => {
  assert.equal(incidentKey({ name: 'csirt.example', instance: null, id: '7' }), 'csirt.example 7')
  assert.equal(incidentKey({ name: 'csirt.example', instance: '2', id: '7' }), 'csirt.example 7#2')
})

test('a key is never absurdly long, and two long ones stay two', () => {
  const key = (end: string) => incidentKey({ name: 'a', instance: null, id: '\u{1F600}'.repeat(100_000) + end })
  assert.ok(key('1').length <= 400 && key('1').isWellFormed())
  assert.notEqual(key('1'), key('2'))
  assert.equal(key('1'), key('1'))
})

const KEYS = [
  'csirt-a.example 7',
  'csirt-b.example 7#x y',
  'csirt-a.example 77',
  'csirt-a.example two words',
  'a 1#2#3',
]
const ASKED: Readonly<Record<string, readonly string[]>> = {
  'csirt-a.example 7': ['csirt-a.example 7'],
  '7': ['csirt-a.example 7', 'csirt-b.example 7#x y'],
  '7#x y': ['csirt-b.example 7#x y'],
  'csirt-b.example 7': ['csirt-b.example 7#x y'],
  'two words': ['csirt-a.example two words'],
  words: ['csirt-a.example two words'],
  '1#2': ['a 1#2#3'],
  '1#2#3': ['a 1#2#3'],
  'csirt-a.example': [],
  y: [],
  '1': [],
  '': [],
}

for (const [asked, meant] of Object.entries(ASKED)) {
  test(`who asks for "${asked}" means ${meant.length === 0 ? 'nothing' : meant.join(' and ')}`, () => {
    assert.deepEqual(
      KEYS.filter((key) => isAskedFor(key, asked)),
      meant,
    )
    for (const key of meant) assert.equal(searchWord(key), searchWord(asked), 'an index by this word finds it')
  })
}

test('a search is spaced like a key, however the id was written', () => {
  assert.deepEqual(searchesFor(' RT  #12 \n  x'), ['RT #12 x'])
  assert.deepEqual(searchesFor('-5'), ['-5'])
})

test('a long id is found as it was written, with its name or without, and as it is printed', () => {
  const long = `2026-${'x'.repeat(500)}`
  for (const id of [
    { name: 'csirt.example', id: long, instance: null },
    { name: 'csirt.example', id: `${long}  and more`.replace('  ', ' '), instance: '2' },
    { name: 'team of many words', id: long, instance: null },
    { name: 'n'.repeat(300), id: 'short', instance: null },
  ]) {
    const key = incidentKey(id)
    const found = (asked: string) => searchesFor(asked).some((search) => key === search || key.endsWith(` ${search}`))
    assert.ok(key.length <= 400)
    assert.ok(found(key), 'as it is printed')
    assert.ok(found(`${id.name} ${id.id}${id.instance === null ? '' : `#${id.instance}`}`), 'in full')
    if (id.instance === null) assert.ok(found(id.id), 'by the id alone')
  }
})
