import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contentModel } from '../../src/iodef/content-model.ts'
import { canonical } from '../../src/xml/libxml.ts'
import { normalForm } from '../../src/xml/normal-form.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const noModel = { elementOnly: () => false, opaque: () => false }
const normal = (text: string) => normalForm(scan(text), noModel)

test('attribute prefixes are numbered by namespace, element by element', () => {
  assert.equal(
    normal('<a xmlns:z="urn:1" xmlns:y="urn:2" y:b="2" z:b="1" b="0"><c y:d="3"/></a>'),
    '<a xmlns:ns1="urn:1" xmlns:ns2="urn:2" b="0" ns1:b="1" ns2:b="2"><c xmlns:ns1="urn:2" ns1:d="3"></c></a>',
  )
})

test('ten attribute namespaces and more are declared in canonical order', () => {
  const spaces = Array.from({ length: 25 }, (_, i) => `xmlns:p${i}="urn:n${String(i).padStart(2, '0')}" p${i}:a="${i}"`)
  const form = normal(`<a ${spaces.join(' ')}><b ${spaces.slice(3, 15).join(' ')}/></a>`)
  assert.equal(canonical(form), form)
  assert.match(form, /^<a xmlns:ns1="urn:n00" xmlns:ns10="urn:n09" xmlns:ns11/)
})

test('a declaration in scope is not repeated, one that was overridden is', () => {
  const form = normal('<a xmlns:p="urn:1" xmlns:q="urn:2" p:x="">t<b q:x=""><c q:x=""/><d p:x=""/></b><e p:x=""/></a>')
  assert.equal(canonical(form), form)
  assert.equal(
    form,
    '<a xmlns:ns1="urn:1" ns1:x="">t<b xmlns:ns1="urn:2" ns1:x=""><c ns1:x=""></c>' +
      '<d xmlns:ns1="urn:1" ns1:x=""></d></b><e ns1:x=""></e></a>',
  )
})

test('characters that parsers change are written as references', () => {
  assert.equal(
    normal('<a b="&quot;&amp;&lt;>&#9;&#10;&#13;\'">"&amp;&lt;&gt;\t\n&#13;\'</a>'),
    '<a b="&quot;&amp;&lt;>&#x9;&#xA;&#xD;\'">"&amp;&lt;&gt;\t\n&#xD;\'</a>',
  )
})

test('white space goes from element-only content, and from nowhere else', () => {
  const text = `<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0">
    <IncidentID name="a"> 1 </IncidentID>\u00a0
    <AdditionalData dtype="xml">
      <Incident> <Contact/> </Incident>
    </AdditionalData> <Contact> <x xmlns="urn:x"> </x> </Contact>
  </Incident>`
  assert.equal(
    normalForm(scan(text), contentModel),
    '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"><IncidentID name="a"> 1 </IncidentID>\u00a0\n    ' +
      '<AdditionalData dtype="xml">\n      <Incident> <Contact></Contact> </Incident>\n    </AdditionalData>' +
      '<Contact><x xmlns="urn:x"> </x></Contact></Incident>',
  )
})

test('children of the root can be left out, grandchildren not', () => {
  const tree = scan('<a><b/><c><b/></c>t</a>')
  assert.equal(
    normalForm(tree, noModel, (e) => e.local === 'b'),
    '<a><c><b></b></c>t</a>',
  )
})

test('a long text is written as one', () => {
  const text = 'x&<>\r"\t\n'.repeat(50_000)
  const tree = { ...scan('<a b=""/>'), children: [text], attributes: [{ ns: '', local: 'b', value: text }] }
  const form = normalForm(tree, noModel)
  assert.equal(canonical(form), form)
  const [attribute, child] = [scan(form).attributes[0]?.value, scan(form).children[0]]
  assert.ok(attribute === text && child === text)
})

test('one namespace name written out too often is refused, not made', () => {
  const many = '<p:a/>'.repeat(40_000)
  assert.throws(() => normal(`<a xmlns:p="urn:${'x'.repeat(900)}">${many}</a>`), /more than \d+ characters/)
  assert.throws(() => normal(`<a xmlns="urn:${'x'.repeat(1000)}"/>`), /namespace name/)
})

test('an element with the prefix xml keeps it, and what is inside has the default namespace of around it', () => {
  const form = normal(
    '<a xmlns="urn:1"><xml:b c="d" xml:e="f"><g/><h xmlns=""/><xml:i><j xmlns="urn:2"/></xml:i></xml:b></a>',
  )
  assert.equal(
    form,
    '<a xmlns="urn:1"><xml:b c="d" xml:e="f"><g></g><h xmlns=""></h><xml:i><j xmlns="urn:2"></j></xml:i></xml:b></a>',
  )
  assert.equal(canonical(form), form)
  assert.equal(normal('<xml:a><b/></xml:a>'), '<xml:a><b></b></xml:a>')
})
