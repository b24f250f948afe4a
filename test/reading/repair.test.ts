import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Inspection } from '../../src/reading/inspection.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { REPAIR_NAMES, type RepairName } from '../../src/reading/repair-table.ts'
import { additionalData, documentText, IODEF1, IODEF2, incidentText, ridText, schemas } from '../support/documents.ts'

const read = (xml: string, lenient = true): Inspection => readDocument(schemas(), Buffer.from(xml), { lenient })
const readPlain = (xml: string): Inspection => readDocument(schemas(), Buffer.from(xml))

const DOCUMENT = documentText()

const V1 =
  `<IODEF-Document version="1.00" lang="en" xmlns="${IODEF1}"><Incident purpose="reporting">` +
  '<IncidentID name="csirt.example">1</IncidentID><ReportTime>2026-01-01T00:00:00+00:00</ReportTime>' +
  '<Assessment><Impact type="admin"/></Assessment><Contact role="creator" type="organization">' +
  '<ContactName>A</ContactName></Contact></Incident></IODEF-Document>'

const inV1 = (from: string, to: string) => V1.replace(from, to)
const inV2 = (from: string, to: string) => DOCUMENT.replace(from, to)

const item = (element: string, incident: string) => `<${element} xmlns="urn:xmpp:incident:2">${incident}</${element}>`
const incident1 = (content: string) =>
  `<Incident xmlns="${IODEF1}" purpose="reporting"><IncidentID name="csirt.example">1</IncidentID>${content}</Incident>`

const SYSTEMS =
  '<System category="source"><Node><NodeName>a</NodeName></Node><Node><NodeName>b</NodeName></Node></System>'

/** What a document has that real tools write, and every repair that makes it one that can be read. */
const CASES: readonly (readonly [what: string, xml: string, repairs: readonly RepairName[]])[] = [
  ['a DOCTYPE', `<!DOCTYPE IODEF-Document SYSTEM "iodef.dtd">\n${DOCUMENT}`, ['doctype']],
  ['a namespace with a slash behind it', inV2(IODEF2, `${IODEF2}/`), ['namespace']],
  ['the name of the schema as namespace', inV2(IODEF2, 'urn:ietf:params:xml:schema:iodef-2.0'), ['namespace']],
  ['no namespace', inV2(` xmlns="${IODEF2}"`, ''), ['namespace']],
  ['a document without a namespace in RID', ridText(inV2(` xmlns="${IODEF2}"`, ' xmlns=""')), ['namespace']],
  ['a document that inherits that of RID', ridText(inV1(` xmlns="${IODEF1}"`, '')), ['namespace']],
  ['version 2', inV2('version="2.00"', 'version="v2"'), ['version']],
  ['version 1', inV1('version="1.00"', 'version="1"'), ['version']],
  ['lang in IODEF 2', inV2('version=', 'lang="en" version='), ['lang']],
  ['lang beside xml:lang', inV2('version=', 'lang="en" xml:lang="en" version='), ['lang']],
  ['xml:lang in IODEF 1', inV1(' lang=', ' xml:lang='), ['lang']],
  ['an offset without a colon', inV2('00:00:00Z', '00:00:00+0200'), ['time']],
  ['an offset without minutes', inV2('00:00:00Z', '00:00:00.5-05'), ['time']],
  ['a blank for a T', inV2('01T00:00:00Z', '01 00:00:00z'), ['time']],
  ['a MsgType in lower case', ridText(DOCUMENT, { msgType: 'report' }), ['msg-type']],
  [
    'a misspelt Acknowledgement',
    ridText(null, { msgType: 'Acknowledgment', behind: '<RequestStatus AuthorizationStatus="Approved"/>' }),
    ['msg-type'],
  ],
  ['a restriction in upper case', inV2('restriction="public"', 'restriction="PUBLIC"'), ['restriction']],
  [
    'a restriction of IODEF 2 in IODEF 1',
    inV1('purpose="reporting"', 'purpose="reporting" restriction="green"'),
    ['restriction'],
  ],
  ['a purpose with a capital', inV2('purpose="reporting"', 'purpose="Reporting"'), ['word']],
  [
    'an action with an underscore',
    inV2('</Incident>', '<EventData><Expectation action="block_host"/></EventData></Incident>'),
    ['word'],
  ],
  ['an ext-type', inV1('role="creator"', 'role="ext-type" ext-type="chatroom"'), ['ext-value']],
  [
    'an action of History that is none',
    inV1(
      '</Incident>',
      '<History><HistoryItem action="blockquote"><DateTime>2026-01-01T00:00:00Z</DateTime><Description>x</Description></HistoryItem></History></Incident>',
    ),
    ['ext-value'],
  ],
  ['a Contact without type', inV2(' type="organization"', ''), ['type']],
  [
    'AdditionalData without dtype',
    inV2('</Incident>', `${additionalData('<x xmlns="urn:x"/>', '')}</Incident>`),
    ['dtype'],
  ],
  [
    'a System with two Nodes',
    inV1('</Incident>', `<EventData><Flow>${SYSTEMS}</Flow></EventData></Incident>`),
    ['nodes'],
  ],
  [
    'children of an Incident in another order',
    inV2('<Contact', '<EventData/><Contact').replace(
      '<EventData/>',
      '<EventData><Description>x</Description></EventData>',
    ),
    ['order'],
  ],
  ['an inquiry with a number alone', item('inquiry', incident1('')), ['inquiry']],
  [
    'an inquiry with more than a number, in its order',
    item(
      'inquiry',
      incident1(`<EventData><Flow>${SYSTEMS.replace('<Node><NodeName>b</NodeName></Node>', '')}</Flow></EventData>`),
    ),
    ['inquiry'],
  ],
]

describe('what lenient repairs', () => {
  for (const [what, xml, repairs] of CASES) {
    test(what, () => {
      const plain = readPlain(xml)
      assert.equal(plain.repairable, undefined)
      const told = read(xml, false)
      assert.deepEqual(told.repairable, repairs, JSON.stringify(told.errors))
      assert.deepEqual({ ...told, repairable: undefined }, { ...plain, repairable: undefined })
      const mended = read(xml)
      assert.ok(mended.valid, JSON.stringify(mended.errors))
      assert.deepEqual(mended.repairs, repairs)
      for (const name of repairs) assert.match(JSON.stringify(mended.warnings), new RegExp(`Repaired \\(${name}\\)`))
      assert.match(mended.remarks[0] ?? '', /^Repaired: /)
    })
  }

  test('each of the table has a case', () => {
    assert.deepEqual(new Set(CASES.flatMap(([, , repairs]) => repairs)), new Set(REPAIR_NAMES))
  })

  test('a document that needs none is read as without it', () => {
    for (const xml of [
      DOCUMENT,
      V1,
      ridText(DOCUMENT),
      item('report', incidentText().replace('<Incident', `<Incident xmlns="${IODEF2}"`)),
    ]) {
      assert.deepEqual(read(xml), readPlain(xml))
    }
  })

  test('the document as it came is kept, without what stands around it', () => {
    const odd = inV2('version="2.00"', 'version="v2"')
    assert.equal(read(odd).document?.came, odd)
    assert.equal(read(ridText(odd)).document?.came, odd)
    assert.equal(read(ridText(DOCUMENT, { msgType: 'report' })).document?.came, undefined)
    const upgraded = read(inV1('version="1.00"', 'version="1"')).document?.upgraded
    assert.ok(upgraded && !('invalid' in upgraded) && upgraded.came?.includes('version="1"'))
  })

  test('no restriction is looser than it was written: what is none counts as private', () => {
    for (const word of ['PUBLIC', 'Partner', 'tlp:clear', '', 'public,partner']) {
      const { document } = read(inV2('restriction="public"', `restriction="${word}"`))
      assert.deepEqual(document?.needed, ['private'], word)
      assert.match(document?.xml ?? '', /restriction="private"/)
    }
  })

  test('what is signed stays as it is', () => {
    const odd = inV2('version="2.00"', 'version="v2"').replace(
      '</Incident>',
      `${additionalData('<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>')}</Incident>`,
    )
    assert.equal(read(odd).valid, false)
    assert.equal(read(odd).repairs, undefined)
  })

  test('extension content is somebody else’s', () => {
    const own =
      '<x xmlns="urn:x" lang="en" restriction="PUBLIC"><GenerationTime>2026-01-01 00:00:00Z</GenerationTime></x>'
    const odd = inV2('version="2.00"', 'version="v2"').replace('</Incident>', `${additionalData(own)}</Incident>`)
    assert.ok(read(odd).document?.xml.includes(own))
  })

  test('a System whose start tag would have to be written at each of its many Nodes stays as it came, and its reader alive', () => {
    const system = `<System category="source" spoofed="${'x'.repeat(500_000)}">${'<Node/>'.repeat(30_000)}</System>`
    const { valid, repairable } = read(
      inV1('</Incident>', `<EventData><Flow>${system}</Flow></EventData></Incident>`),
      false,
    )
    assert.equal(valid, false)
    assert.equal(repairable, undefined)
  })

  test('a long name of a namespace is no work at each of its elements', () => {
    const began = process.cpuUsage()
    const { valid } = read(`<a xmlns="${'/'.repeat(990)}x">${'<b/>'.repeat(50_000)}</a>`, false)
    const { user } = process.cpuUsage(began)
    assert.equal(valid, false)
    assert.ok(user < 5_000_000, `${user} µs`)
  })

  test('a DTD that declares anything is refused all the same', () => {
    for (const dtd of [
      '<!DOCTYPE x [<!ENTITY e "x">]>',
      '<!DOCTYPE x SYSTEM "x" []>',
      '<!doctype html>',
      '<!DOCTYPE',
    ]) {
      assert.equal(read(`${dtd}${DOCUMENT}`).valid, false, dtd)
    }
  })
})
