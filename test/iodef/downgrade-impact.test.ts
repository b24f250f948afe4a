import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { behindContact } from './downgraded.ts'

/** An Assessment of an Incident, and what is lost of it. */
function assessed(content: string) {
  const { shown, losses } = behindContact('', `<Assessment>${content}</Assessment>`)
  const inside = /^<Assessment[^>]*>(.*)<\/Assessment>$/.exec(shown)?.[1] ?? shown
  return [inside, losses] as const
}

const UNKNOWN = '<Impact type="unknown"/>'

describe('a SystemImpact', () => {
  for (const [type, old] of [
    ['takeover-system', 'admin'],
    ['takeover-account', 'user'],
    ['availability-service', 'dos'],
    ['integrity-data', 'file'],
    ['breach-proprietary', 'info-leak'],
    ['policy', 'policy'],
    ['unknown', 'unknown'],
  ] as const) {
    test(`of type ${type} is an Impact of type ${old}`, () => {
      assert.deepEqual(assessed(`<SystemImpact type="${type}"/>`), [`<Impact type="${old}"/>`, {}])
    })
  }

  test('of another type is an ext-value, unless IODEF 1 has its word', () => {
    assert.deepEqual(assessed('<SystemImpact type=" monitoring-host "/>'), [
      '<Impact type="ext-value" ext-type="monitoring-host"/>',
      {},
    ])
    assert.deepEqual(assessed('<SystemImpact type="ext-value" ext-type="recon"/>'), ['<Impact type="recon"/>', {}])
    assert.deepEqual(assessed('<SystemImpact type="ext-value" ext-type="x"/>'), [
      '<Impact type="ext-value" ext-type="x"/>',
      {},
    ])
    assert.deepEqual(assessed('<SystemImpact/>'), [UNKNOWN, {}])
  })

  test('is described in one language', () => {
    const both = '<Description xml:lang="de">d</Description><Description translation-id="1">e</Description>'
    assert.deepEqual(assessed(`<SystemImpact severity="low" completion="failed">${both}</SystemImpact>`), [
      '<Impact lang="de" severity="low" completion="failed" type="unknown">d</Impact>',
      { Description: 1 },
    ])
  })
})

test('a BusinessImpact is an Impact, extortion by that name', () => {
  assert.deepEqual(assessed('<BusinessImpact type="extortion" severity="high"/>'), [
    '<Impact severity="high" type="extortion"/>',
    {},
  ])
  assert.deepEqual(assessed('<BusinessImpact type="legal" severity="none"/>'), [
    '<Impact type="ext-value" ext-type="legal"/>',
    { 'BusinessImpact/@severity': 1 },
  ])
})

test('an IntendedImpact, which did not happen, is left out', () => {
  assert.deepEqual(assessed('<IntendedImpact type="legal"/>'), [UNKNOWN, { IntendedImpact: 1 }])
})

test('what costs more than nothing stays, by the precision of IODEF 1', () => {
  for (const value of ['1', ' 0.5 ', 'INF', '1e3']) {
    const impact = `<MonetaryImpact currency="EUR">${value}</MonetaryImpact>`
    assert.deepEqual(assessed(impact), [impact, {}])
  }
  for (const value of ['0', '-1', 'NaN', '-INF', '1e-60']) {
    assert.deepEqual(assessed(`<TimeImpact metric="labor" duration="hour">${value}</TimeImpact>`), [
      UNKNOWN,
      { TimeImpact: 1 },
    ])
  }
})

test('a Confidence of a word of its own is unknown', () => {
  const impact = '<SystemImpact type="unknown"/>'
  assert.deepEqual(assessed(`${impact}<Confidence rating="numeric"> 0.5 </Confidence>`), [
    `${UNKNOWN}<Confidence rating="numeric"> 0.5 </Confidence>`,
    {},
  ])
  assert.deepEqual(assessed(`${impact}<Confidence rating="ext-value" ext-rating="x"/>`), [
    `${UNKNOWN}<Confidence rating="unknown"/>`,
    { 'Confidence/@rating': 1 },
  ])
})

test('impacts stand before what else there is, which goes where IODEF 1 has no place for it', () => {
  const content =
    '<IncidentCategory>c</IncidentCategory><SystemImpact type="policy"/><Counter type="counter" unit="mbit" meaning="m">1</Counter>' +
    '<MitigatingFactor>m</MitigatingFactor><Cause>c</Cause><AdditionalData dtype="bytes">x</AdditionalData>'
  assert.deepEqual(assessed(content), [
    '<Impact type="policy"/><Counter type="ext-value" meaning="m" ext-type="mbit">1</Counter>' +
      '<AdditionalData dtype="ext-value" ext-dtype="bytes">x</AdditionalData>',
    { IncidentCategory: 1, MitigatingFactor: 1, Cause: 1 },
  ])
})

test('a Counter is a rate by its duration, and no average', () => {
  const counter = (attributes: string) => assessed(`<SystemImpact/><Counter unit="byte" ${attributes}>1</Counter>`)
  assert.deepEqual(counter('type="count"'), [`${UNKNOWN}<Counter type="byte">1</Counter>`, {}])
  assert.deepEqual(counter('type="rate" duration="hour"'), [
    `${UNKNOWN}<Counter type="byte" duration="hour">1</Counter>`,
    {},
  ])
  assert.deepEqual(counter('type="average" duration="hour"')[1], { 'Counter/@type': 1 })
  assert.deepEqual(counter('type="ext-value" ext-type="x"')[1], { 'Counter/@type': 1 })
})
