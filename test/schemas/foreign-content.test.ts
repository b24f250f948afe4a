import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withoutForeignTypes } from '../../src/xml/foreign-content.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { declaredElements } from '../../src/xml/schema-files.ts'
import { complaint, declare, files, iodef2, type Top, XS } from './support.ts'

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

/** Content of vocabularies that no schema here knows, as real tools write it. */
const FOREIGN: Readonly<Record<string, string>> = {
  'types by prefix, nested': `<s:pkg xmlns:s="urn:example:s" xmlns:t="urn:example:t" ${XSI}><s:a xsi:type="t:AType" id="x:1"><s:b xsi:type='t:BType'/></s:a></s:pkg>`,
  'a type without prefix': `<thing xmlns="urn:example:thing" ${XSI} xsi:type="SpecialThing">x</thing>`,
  'a type without prefix, on an element in no namespace': `<thing xmlns="" ${XSI} xsi:type="SpecialThing"/>`,
  'a type whose prefix is declared nowhere': `<thing xmlns="urn:example:thing" ${XSI} xsi:type="gone:SpecialThing"/>`,
  'a type that is no name at all': `<thing xmlns="urn:example:thing" ${XSI} xsi:type=" "/>`,
  'a type of a vocabulary that is known': `<thing xmlns="urn:example:thing" xmlns:xs="${XS}" ${XSI} xsi:type="xs:date">soon</thing>`,
  'nil and a place of schemas': `<thing xmlns="urn:example:thing" ${XSI} xsi:nil="maybe" xsi:schemaLocation="odd" a="1"/>`,
  'an unknown name in a known namespace': `<Rumour xmlns="${NS.iodef2}" ${XSI} xsi:type="Heard"/>`,
  'a name that is known elsewhere only': `<AssetID xmlns="${NS.iodef2}" ${XSI} xsi:type="Heard"/>`,
  'a language written as a locale': '<html xmlns="http://www.w3.org/1999/xhtml" lang="pt_BR" xml:lang="pt_BR"/>',
  'another value of xml:space': '<a xmlns="urn:example:x" xml:space="keep"/>',
  'an xml:id that is no name, and one that is there twice':
    '<a xmlns="urn:example:x" xml:id="1:2"><b xml:id="d"/><b xml:id="d"/></a>',
  'an attribute over several lines': `<a\n xmlns="urn:example:x"\n ${XSI}\n xsi:type\n=\n"b&#10;c\n" />`,
}

const HOLDERS: readonly [name: string, top: Top, hold: (content: string) => string][] = [
  ['AdditionalData of IODEF 2', 'iodef-2.0.xsd', (c) => iodef2(`<AdditionalData dtype="xml">${c}</AdditionalData>`)],
  ['RecordItem of IODEF 2', 'iodef-2.0.xsd', (c) => iodef2(`<RecordItem dtype="xml">${c}</RecordItem>`)],
  ['SoftwareReference', 'iodef-2.0.xsd', (c) => iodef2(`<SoftwareReference spec-name="swid">${c}</SoftwareReference>`)],
  [
    'sci:RawData',
    'iodef-2.0.xsd',
    (c) => iodef2(`<sci:Weakness SpecID="urn:x"><sci:RawData dtype="xml">${c}</sci:RawData></sci:Weakness>`),
  ],
  ['ds:Object', 'iodef-2.0.xsd', (c) => iodef2(`<ds:Object>${c}</ds:Object>`)],
  [
    'AdditionalData of IODEF 1',
    'iodef-1.0.xsd',
    (c) => declare(`<AdditionalData dtype="xml">${c}</AdditionalData>`, `xmlns="${NS.iodef1}"`),
  ],
  [
    'RecordItem of IODEF 1',
    'iodef-1.0.xsd',
    (c) => declare(`<RecordItem dtype="xml">${c}</RecordItem>`, `xmlns="${NS.iodef1}"`),
  ],
  [
    'XMLDocument of RID',
    'iodef-rid-2.0.xsd',
    (c) => declare(`<XMLDocument dtype="xml">${c}</XMLDocument>`, `xmlns="${NS.rid}"`),
  ],
  [
    'AdditionalData of an item',
    'xep-0268.xsd',
    (c) =>
      `<report xmlns="${NS.incident}"><Incident xmlns="${NS.iodef2}" purpose="reporting"><IncidentID name="a.example">1</IncidentID><GenerationTime>2026-01-01T00:00:00Z</GenerationTime><Contact role="creator" type="person"/><AdditionalData dtype="xml">${c}</AdditionalData></Incident></report>`,
  ],
]

describe('content of an unknown vocabulary is left to it', () => {
  for (const [holder, top, hold] of HOLDERS) {
    test(`in ${holder}`, () => {
      for (const [name, content] of Object.entries(FOREIGN))
        assert.equal(complaint(top, hold(content)), undefined, name)
    })
  }
})

describe('content of a known vocabulary is not', () => {
  const hold = (content: string) => iodef2(`<AdditionalData dtype="xml">${content}</AdditionalData>`)

  test('where it is declared, however deep in unknown content', () => {
    const within = (xml: string) => hold(`<x xmlns="urn:x" ${XSI} xsi:type="Y">${xml}</x>`)
    assert.ok(complaint('iodef-2.0.xsd', within(`<Contact xmlns="${NS.iodef2}"/>`)))
    const contact = (type: string) => `<Contact xmlns="${NS.iodef2}" role="creator" type="person" ${type}/>`
    assert.equal(complaint('iodef-2.0.xsd', within(contact(''))), undefined)
    assert.match(complaint('iodef-2.0.xsd', within(contact('xsi:type="Other"'))) ?? '', /does not resolve/)
    assert.ok(complaint('iodef-2.0.xsd', within(contact('xml:lang="pt_BR"'))))
  })

  test('nor is what holds the wildcard content', () => {
    const data = (type: string) => iodef2(`<AdditionalData dtype="string" ${XSI} ${type}>x</AdditionalData>`)
    assert.ok(complaint('iodef-2.0.xsd', data('xsi:type="Other"')))
    assert.equal(complaint('iodef-2.0.xsd', data('xsi:type="ExtensionType"')), undefined)
  })

  test('nor are vocabularies that the schema imports', () => {
    assert.ok(complaint('iodef-2.0.xsd', hold(`<ReferenceName xmlns="${NS.enum}" ${XSI} xsi:type="Other"/>`)))
    assert.ok(complaint('iodef-2.0.xsd', hold(`<Signature xmlns="${NS.ds}"/>`)))
  })
})

describe('what is left out of a text to be validated', () => {
  const known = declaredElements(files, 'iodef-2.0.xsd')
  const rest = (xml: string) => withoutForeignTypes(xml, scan(xml), known)

  test('is blanks in its place', () => {
    const xml = `<AdditionalData xmlns="${NS.iodef2}">\n<b ${XSI} x="1"  xsi:type='a\nb' y="2"/>`
    const end = '</AdditionalData>'
    assert.equal(rest(xml + end), xml.replace("xsi:type='a\nb'", `${' '.repeat(11)}\n  `) + end)
  })

  test('is nothing at all in documents without it', () => {
    assert.equal(rest(`<AdditionalData xmlns="${NS.iodef2}"><b type="x"/></AdditionalData>`), undefined)
    assert.equal(rest(`<Contact xmlns="${NS.iodef2}" xml:lang="en"/>`), undefined)
  })

  test('takes time in proportion, however many there are', () => {
    const many = `<AdditionalData xmlns="${NS.iodef2}" ${XSI}>${'<b xsi:type="c"/>'.repeat(50_000)}</AdditionalData>`
    const began = performance.now()
    assert.ok(rest(many) !== undefined)
    assert.ok(performance.now() - began < 10_000)
  })
})

test('the schemas leave open what the standards do', () => {
  const { global, open } = declaredElements(files, 'iodef-rid-2.0.xsd')
  for (const name of [
    ...[NS.iodef2, NS.iodef1].flatMap((ns) => ['AdditionalData', 'RecordItem'].map((local) => `{${ns}}${local}`)),
    ...['SoftwareReference', 'RelatedDNS', 'FileProperties', 'FuzzyHashValue'].map((local) => `{${NS.iodef2}}${local}`),
    ...['RawData'].map((local) => `{${NS.sci}}${local}`),
    ...['KeyInfo', 'X509Data', 'Object', 'Transform', 'KeyValue'].map((local) => `{${NS.ds}}${local}`),
    ...['XMLDocument', 'Signature'].map((local) => `{${NS.rid}}${local}`),
  ]) {
    assert.ok(open.has(name), name)
  }
  for (const local of ['Incident', 'Contact', 'URL']) assert.ok(!open.has(`{${NS.iodef2}}${local}`), local)
  assert.ok(global.has(`{${NS.iodef2}}Incident`) && !global.has(`{${NS.iodef2}}AssetID`))
  assert.ok(!declaredElements(files, 'iodef-1.0.xsd').global.has(`{${NS.iodef2}}Incident`))
})
