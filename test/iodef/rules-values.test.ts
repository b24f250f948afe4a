import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { VALUE_RULES } from '../../src/iodef/rules-values.ts'
import { breaches } from './breaches.ts'

const said = (xml: string) => breaches(VALUE_RULES, xml)

describe('a number', () => {
  test('stands in a numeric Confidence and in no other', () => {
    assert.deepEqual(said('<Confidence rating="numeric"> </Confidence>'), [
      'confidence-content MUST §3.12.5: Confidence with rating "numeric" needs a number.',
    ])
    for (const xml of ['<Confidence rating="high">1</Confidence>', '<Confidence>1</Confidence>'])
      assert.deepEqual(said(xml), ['confidence-content MUST §3.12.5: Only a numeric Confidence has content.'])
    assert.deepEqual(said('<Confidence rating=" numeric ">0.5</Confidence>'), [])
    assert.deepEqual(said('<Confidence rating="high">\n</Confidence>'), [])
  })

  for (const [name, section] of [
    ['TimeImpact', '§3.12.3'],
    ['MonetaryImpact', '§3.12.4'],
  ] as const) {
    test(`of a ${name} is above zero, or noted`, () => {
      for (const value of ['0', '-0.1', ' -1e3 ', ''])
        assert.deepEqual(
          said(`<${name}>${value}</${name}>`),
          [`impact-not-positive note ${section}: ${name} is not above zero; strict peers refuse that.`],
          value,
        )
      for (const value of ['0.1', '7', 'NaN', 'INF', 'x'])
        assert.deepEqual(said(`<${name}>${value}</${name}>`), [], value)
    })
  }
})

describe('what an attribute asks for', () => {
  test('is a type of custom software, and the name of a header field', () => {
    assert.deepEqual(said('<SoftwareReference spec-name="custom" dtype=" "/>'), [
      'software-custom-dtype MUST §2.15.1: SoftwareReference with spec-name "custom" needs dtype.',
    ])
    assert.deepEqual(said('<SoftwareReference spec-name="cpe"/>'), [])
    assert.deepEqual(said('<ApplicationHeaderField dtype="csv"/>'), [
      "application-header-name MUST §3.20.2: ApplicationHeaderField needs the field's name in its attribute name.",
    ])
    assert.deepEqual(said('<EmailHeaderField/>'), [
      "email-header-name MUST §3.21: EmailHeaderField needs the field's name in its attribute name.",
      'email-header-dtype MUST §3.21: EmailHeaderField must have dtype "string".',
    ])
    assert.deepEqual(said('<EmailHeaderField name="Subject" dtype="string"/>'), [])
  })

  test('is what was hashed, and by what', () => {
    assert.deepEqual(said('<HashData scope="file-pe-section"><Hash/></HashData>'), [
      'hash-target MUST §3.26: HashData with scope "file-pe-section" needs HashTargetID.',
    ])
    assert.deepEqual(said('<HashData scope="file-contents"><Hash/></HashData>'), [])
    const tool = '<Application><Description>x</Description></Application>'
    assert.deepEqual(said(`<HashData scope="file-pe-iat"><Hash>${tool}</Hash><FuzzyHash/></HashData>`), [
      'hash-application MUST §3.26: HashData with scope "file-pe-iat" needs Application in each hash.',
    ])
    assert.deepEqual(said(`<HashData scope="file-pe-iat"><Hash>${tool}</Hash></HashData>`), [])
    assert.deepEqual(said('<HashData scope="file-pe-iat"/>'), [])
  })

  test('is the form of a list of hashes', () => {
    const sentence =
      'bulk-file-hash MUST §3.29.3.1: BulkObservable of type "file-hash" needs BulkObservableFormat with Hash.'
    const format = (content: string) => `<BulkObservableFormat>${content}</BulkObservableFormat>`
    for (const content of ['', format(''), format('<AdditionalData/>'), '<Hash/>'])
      assert.deepEqual(said(`<BulkObservable type="file-hash">${content}</BulkObservable>`), [sentence], content)
    assert.deepEqual(said(`<BulkObservable type="file-hash">${format('')}${format('<Hash/>')}</BulkObservable>`), [])
    assert.deepEqual(said('<BulkObservable type="ipv4-addr"/>'), [])
  })
})
