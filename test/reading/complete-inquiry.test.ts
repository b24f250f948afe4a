import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { completeInquiry } from '../../src/reading/complete-inquiry.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { IODEF1, IODEF2, schemas } from '../support/documents.ts'

const NS = 'urn:xmpp:incident:2'
const bare = (ns: string, children: string, prefix = '') => {
  const declared = prefix === '' ? `xmlns="${ns}"` : `xmlns:${prefix}="${ns}"`
  const name = prefix === '' ? 'Incident' : `${prefix}:Incident`
  return `<inquiry xmlns="${NS}"><${name} ${declared} purpose="traceback">${children}</${name}></inquiry>`
}
const ID = '<IncidentID name="a.example">7</IncidentID>'
const read = (text: string, question = true) => readDocument(schemas(), Buffer.from(text), { question, terms: true })

describe('an inquiry that has what it asks for, and no more', () => {
  for (const [version, ns] of [
    ['2', IODEF2],
    ['1', IODEF1],
  ] as const) {
    test(`can be read, in IODEF ${version}, and asks for that alone`, () => {
      const text = bare(ns, ID)
      assert.equal(read(text, false).valid, false, 'elsewhere it is not valid')
      const { valid, document, errors } = read(text)
      assert.ok(valid, JSON.stringify(errors))
      assert.equal(document?.incidents[0]?.key, 'a.example 7')
      assert.equal(read(text).document?.digest, document?.digest, 'the same each time')
    })
  }

  test('keeps the order of what is there', () => {
    const flow =
      '<EventData><Flow><System category="source"><Node><Address category="ipv4-addr">192.0.2.1</Address></Node></System></Flow></EventData>'
    const { valid, document, errors } = read(
      bare(IODEF2, `${ID}<StartTime>2026-01-01T00:00:00Z</StartTime><Description>x</Description>${flow}`),
    )
    assert.ok(valid, JSON.stringify(errors))
    const terms = document?.incidents[0]?.terms
    assert.equal(terms?.start, Date.parse('2026-01-01T00:00:00Z'))
    assert.equal(terms?.reported, null)
    assert.ok(terms?.terms.some(({ kind }) => kind === 'address source'))
  })

  test('may have prefixes', () => {
    const text = bare(IODEF2, '<i:IncidentID name="a.example">7</i:IncidentID>', 'i')
    assert.ok(read(text).valid, JSON.stringify(read(text).errors))
  })
})

test('an inquiry that is not well-formed is not looked at, and told of', () => {
  const { valid, errors } = read(`<inquiry xmlns="${NS}">&#x110000;</inquiry>`)
  assert.equal(valid, false)
  assert.match(errors[0]?.message ?? '', /character reference/)
})

test('whatever else is wrong with an inquiry, or is no inquiry, stays as it is', () => {
  for (const text of [
    bare(IODEF2, ''),
    bare(IODEF2, ID).replaceAll('inquiry', 'report'),
    `<inquiry xmlns="${NS}"><Incident xmlns="urn:x"><IncidentID/></Incident></inquiry>`,
    `<inquiry xmlns="${NS}">`,
    'no XML',
    `<inquiry xmlns="${NS}">&#x110000;</inquiry>`,
  ]) {
    assert.equal(completeInquiry(text), text)
  }
  assert.equal(read(bare(IODEF2, `${ID}<EventData/>`).replace('purpose="traceback"', '')).valid, false)
  const whole = `${ID}<GenerationTime>2026-01-01T00:00:00Z</GenerationTime><Contact role="creator" type="organization"><ContactName>A</ContactName></Contact>`
  assert.equal(completeInquiry(bare(IODEF2, whole)), bare(IODEF2, whole))
})
