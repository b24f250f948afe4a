import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assessment, confidence, impact } from '../../src/iodef/upgrade-impact.ts'
import { asIs, v1, written } from './upgraded.ts'

describe('an Impact (RFC 5070 §3.10.1)', () => {
  const said = (xml: string) => written(...impact(v1(xml)))

  for (const [type, attributes] of [
    ['admin', 'type="takeover-system"'],
    ['user', 'type="takeover-account"'],
    ['dos', 'type="availability-service"'],
    ['file', 'type="integrity-data"'],
    ['info-leak', 'type="breach-proprietary"'],
    ['policy', 'type="policy"'],
    ['unknown', 'type="unknown"'],
    // no other name for it: kept as it was called
    ['recon', 'type="ext-value" ext-type="recon"'],
    ['social-engineering', 'type="ext-value" ext-type="social-engineering"'],
  ] as const) {
    test(`of type ${type} is a SystemImpact`, () => {
      assert.equal(said(`<Impact severity="low" type=" ${type} "/>`), `<SystemImpact severity="low" ${attributes}/>`)
    })
  }

  test('of an extended type keeps what it was extended by', () => {
    assert.equal(said('<Impact type="ext-value" ext-type="x"/>'), '<SystemImpact ext-type="x" type="ext-value"/>')
  })

  test('keeps completion and its words, whose language is theirs', () => {
    assert.equal(
      said('<Impact lang="de" completion="failed">x</Impact>'),
      '<SystemImpact completion="failed"><Description xml:lang="de">x</Description></SystemImpact>',
    )
  })

  test('of extortion is one on business, which has no completion', () => {
    assert.equal(
      said('<Impact lang="en" severity="high" completion="succeeded" type="extortion">paid</Impact>'),
      '<BusinessImpact severity="high" type="extortion"><Description xml:lang="en">paid</Description><Description>completion: succeeded</Description></BusinessImpact>',
    )
    assert.equal(said('<Impact type="extortion"/>'), '<BusinessImpact type="extortion"/>')
  })
})

describe('an Assessment', () => {
  test('begins with the categories that its impacts name, each once', () => {
    const xml =
      '<Assessment occurrence="actual"><Impact type="dos"/><Impact type=" dos "/><Impact type="unknown"/><Impact type="ext-value"/><Impact/><Impact type="recon"/></Assessment>'
    const [upgraded] = assessment(v1(xml), () => [])
    assert.ok(upgraded)
    assert.equal(
      written(upgraded),
      '<Assessment occurrence="actual"><IncidentCategory>dos</IncidentCategory><IncidentCategory>recon</IncidentCategory></Assessment>',
    )
  })

  test('goes on with what is in it, upgraded', () => {
    assert.equal(
      written(...assessment(v1('<Assessment><Impact type="policy"/>\n<Counter>1</Counter></Assessment>'), asIs)),
      '<Assessment><IncidentCategory>policy</IncidentCategory><Impact type="policy"/><Counter>1</Counter></Assessment>',
    )
  })
})

describe('a Confidence', () => {
  const said = (xml: string) => written(...confidence(v1(xml)))

  test('keeps a number with the rating numeric', () => {
    for (const number of ['1', '-0.5', '+.5', '5.', '1e-3', ' 7 '])
      assert.equal(
        said(`<Confidence rating="numeric">${number}</Confidence>`),
        `<Confidence rating="numeric">${number}</Confidence>`,
      )
  })

  test('keeps its rating, and puts what may not stay beside it', () => {
    assert.equal(
      said('<Confidence rating="numeric">rather</Confidence>'),
      '<Confidence rating="numeric"/><AdditionalData dtype="string" meaning="Confidence">rather</AdditionalData>',
    )
    assert.equal(
      said('<Confidence rating="low">7</Confidence>'),
      '<Confidence rating="low"/><AdditionalData dtype="string" meaning="Confidence">7</AdditionalData>',
    )
    for (const wrong of ['1 2', 'e5', '.', '0x1'])
      assert.match(said(`<Confidence rating="numeric">${wrong}</Confidence>`), /AdditionalData/, wrong)
  })

  test('that holds nothing stays alone', () => {
    assert.equal(said('<Confidence rating="high"> \n</Confidence>'), '<Confidence rating="high"/>')
    assert.equal(said('<Confidence rating="numeric"/>'), '<Confidence rating="numeric"/>')
  })
})
