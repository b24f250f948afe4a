import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  carried1,
  type Down,
  inside,
  knownChildren,
  lose,
  make1,
  restriction1,
  told,
} from '../../src/iodef/downgrade-kit.ts'
import { LABELS } from '../../src/iodef/restriction.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { elements } from '../../src/xml/tree.ts'
import { asIs, written } from './upgraded.ts'

const v2 = (xml: string) => scan(xml.replace(/^<(\w+)/, `<$1 xmlns="${NS.iodef2}"`))
const fresh = (around = 'private'): Down => ({ losses: new Map(), around })
const attributesOf = (xml: string, down = fresh()) => written(make1('x', carried1(v2(xml), down), []))

test('attributes keep their names but for those that have another, and what has no place is counted', () => {
  const down = fresh()
  assert.equal(attributesOf('<Service ip-protocol="6" observable-id="o"/>', down), '<x ip_protocol="6"/>')
  assert.equal(attributesOf('<Service observable-id="p"/>', down), '<x/>')
  assert.deepEqual([...down.losses], [['Service/@observable-id', 2]])
})

test('what speaks of the schema of IODEF 2 is no loss', () => {
  const down = fresh()
  attributesOf(`<Incident xmlns:i="${NS.xsi}" i:schemaLocation="a b" purpose="other"/>`, down)
  assert.deepEqual([...down.losses], [])
})

test('an empty language, which takes one back, is none', () => {
  assert.equal(
    attributesOf('<Incident xml:lang="" purpose="other" restriction="public"/>'),
    '<x purpose="other" restriction="public"/>',
  )
})

test('a restriction is written out where IODEF 1 would imply another', () => {
  assert.equal(
    attributesOf('<IncidentID name="a"/>', fresh('need-to-know')),
    '<x name="a" restriction="need-to-know"/>',
  )
  assert.equal(attributesOf('<Contact role="cc" type="person"/>', fresh('public')), '<x role="cc" type="person"/>')
})

test('what is inside an element has its restriction, an Incident without one is private', () => {
  assert.equal(inside(v2('<EventData restriction="green"/>'), fresh()).around, 'need-to-know')
  assert.equal(inside(v2('<EventData/>'), fresh('public')).around, 'public')
  assert.equal(inside(v2('<Incident/>'), fresh('public')).around, 'private')
  assert.equal(inside(v2('<EventData ext-restriction="x"/>'), fresh('public')).around, 'private')
})

test('every restriction has a word in IODEF 1', () => {
  assert.deepEqual(LABELS.map(restriction1), ['public', 'need-to-know', 'need-to-know', 'private', 'default'])
})

test('of texts the first is told with its language, the rest is counted', () => {
  const down = fresh()
  const texts = elements(
    v2('<x><Description xml:lang="de" translation-id="t">a</Description><Description>b</Description></x>'),
  )
  assert.deepEqual(told(down, texts), { attributes: { lang: 'de' }, children: ['a'] })
  assert.deepEqual([...down.losses].sort(), [
    ['Description', 1],
    ['Description/@translation-id', 1],
  ])
  assert.deepEqual(told(down, []), { attributes: {}, children: [] })
})

test('children that IODEF 1 does not know there are counted, and of those that it has once the first stays', () => {
  const down = fresh()
  lose(down, 'Discovery')
  const content =
    '<ContactName>a</ContactName><ContactName>b</ContactName><ContactTitle>c</ContactTitle><x xmlns="urn:x"/>'
  const children = knownChildren(v2(`<Contact role="cc" type="person">${content}</Contact>`), down, asIs)
  assert.equal(written(...children), '<ContactName>a</ContactName>')
  assert.deepEqual(Object.fromEntries(down.losses), { Discovery: 1, ContactName: 1, ContactTitle: 1, x: 1 })
})
