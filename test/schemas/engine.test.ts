import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '../../src/xml/namespaces.ts'
import { complaint, declare, iodef2 } from './support.ts'

/** What schemas/README.md says is written for libxml2's sake. */
describe('libxml2 with these schemas', () => {
  test('takes white space around a date, as XML Schema does', () => {
    for (const value of [
      ' 2026-01-01T00:00:00Z',
      '\n\t2026-01-01T00:00:00Z\n',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:00:00',
    ]) {
      assert.equal(complaint('iodef-2.0.xsd', iodef2(`<GenerationTime>${value}</GenerationTime>`)), undefined, value)
      const old = declare(`<ReportTime>${value}</ReportTime>`, `xmlns="${NS.iodef1}"`)
      assert.equal(complaint('iodef-1.0.xsd', old), undefined, value)
    }
  })

  test('refuses what is no date', () => {
    for (const value of [
      '',
      ' ',
      '2026-01-01',
      '2026-02-30T00:00:00Z',
      '2026-01-01 00:00:00',
      ' 2026-13-01T00:00:00Z',
      'now',
    ]) {
      assert.ok(complaint('iodef-2.0.xsd', iodef2(`<GenerationTime>${value}</GenerationTime>`)), value)
    }
  })

  test('takes a date whose type the document names', () => {
    const typed = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    const xml = iodef2(`<GenerationTime ${typed} xsi:type="xs:dateTime">2026-01-01T00:00:00Z</GenerationTime>`)
    assert.equal(complaint('iodef-2.0.xsd', xml), undefined)
  })

  test('refuses an exponent without digits', () => {
    assert.ok(complaint('iodef-2.0.xsd', iodef2('<Counter type="counter" unit="byte">1e</Counter>')))
    assert.equal(complaint('iodef-2.0.xsd', iodef2('<Counter type="counter" unit="byte"> 1e3 </Counter>')), undefined)
    assert.ok(complaint('iodef-1.0.xsd', declare('<Counter type="byte">1e</Counter>', `xmlns="${NS.iodef1}"`)))
  })

  test('refuses characters that are not base64, and takes line breaks', () => {
    const digest = (value: string) => `<DigestValue xmlns="${NS.ds}">${value}</DigestValue>`
    assert.ok(complaint('iodef-2.0.xsd', digest('not-base64')))
    assert.ok(complaint('iodef-2.0.xsd', digest('QUJ')))
    assert.equal(complaint('iodef-2.0.xsd', digest('\n QUJD\n REVG \n')), undefined)
  })

  test('knows the one child a CanonicalizationMethod commonly has', () => {
    const method = (child: string) =>
      `<CanonicalizationMethod xmlns="${NS.ds}" Algorithm="urn:x">${child}</CanonicalizationMethod>`
    const known = '<InclusiveNamespaces xmlns="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="a b"/>'
    assert.equal(complaint('iodef-2.0.xsd', method(known)), undefined)
    assert.ok(complaint('iodef-2.0.xsd', method('<Surprise xmlns="urn:example:other"/>')))
  })

  test('reads a certificate of a megabyte in little time', () => {
    const data = `<X509Data xmlns="${NS.ds}"><X509Certificate>${'QUJD'.repeat(250_000)}</X509Certificate></X509Data>`
    assert.equal(complaint('iodef-2.0.xsd', data), undefined)
  })
})

describe('extension content', () => {
  const data = (content: string) => iodef2(`<AdditionalData dtype="xml">${content}</AdditionalData>`)

  test('is checked where its namespace is known, however deep', () => {
    assert.equal(complaint('iodef-2.0.xsd', data('<x xmlns="urn:x"><y/>text</x>')), undefined)
    assert.ok(complaint('iodef-2.0.xsd', data(`<x xmlns="urn:x"><Contact xmlns="${NS.iodef2}"/></x>`)))
    assert.ok(complaint('iodef-2.0.xsd', data('<i1:Incident/>')))
  })

  test('is checked in a RID message too, in both IODEF versions', () => {
    const rid = (content: string) => declare(`<XMLDocument dtype="xml">${content}</XMLDocument>`, `xmlns="${NS.rid}"`)
    assert.equal(complaint('iodef-rid-2.0.xsd', rid('<alert xmlns="urn:example:alerts"/>')), undefined)
    assert.ok(complaint('iodef-rid-2.0.xsd', rid(`<IODEF-Document xmlns="${NS.iodef2}"/>`)))
    assert.ok(complaint('iodef-rid-2.0.xsd', rid(`<IODEF-Document xmlns="${NS.iodef1}" lang="en"/>`)))
  })
})

describe('XEP-0268', () => {
  const incident = (body: string, name = 'report') => `<${name} xmlns="${NS.incident}">${body}</${name}>`
  const two =
    `<Incident xmlns="${NS.iodef2}" purpose="reporting"><IncidentID name="a.example">1</IncidentID>` +
    '<GenerationTime>2026-01-01T00:00:00Z</GenerationTime><Contact role="creator" type="person"/></Incident>'
  const one =
    `<Incident xmlns="${NS.iodef1}" purpose="reporting"><IncidentID name="a.example">1</IncidentID>` +
    '<ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment><Contact role="creator" type="person"/></Incident>'

  test('holds one Incident of either version', () => {
    for (const name of ['report', 'inquiry', 'request', 'response']) {
      assert.equal(complaint('xep-0268.xsd', incident(two, name)), undefined)
      assert.equal(complaint('xep-0268.xsd', incident(one, name)), undefined)
    }
    for (const body of [
      '',
      two + two,
      one + two,
      'text',
      `${two}<x xmlns="urn:x"/>`,
      two.replace(' purpose="reporting"', ''),
    ]) {
      assert.ok(complaint('xep-0268.xsd', incident(body)), body)
    }
    assert.ok(complaint('xep-0268.xsd', incident(two, 'alert')))
  })

  test('takes a jid in AdditionalData', () => {
    const jid = `<AdditionalData dtype="xml"><jid xmlns="${NS.jid}">a@b.example</jid></AdditionalData></Incident>`
    assert.equal(complaint('xep-0268.xsd', incident(two.replace('</Incident>', jid))), undefined)
  })
})
