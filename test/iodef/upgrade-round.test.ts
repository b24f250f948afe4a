import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Label } from '../../src/iodef/restriction.ts'
import type { DocumentReading } from '../../src/reading/document.ts'
import { consumedFrom } from '../../src/relay/part.ts'
import { withheldFrom } from '../../src/relay/render-rid.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { attribute, child, text } from '../../src/xml/tree.ts'
import { comparable, embedded, fixtures, readItem, ridReport } from '../support/reports.ts'
import { createSigner } from '../support/signed.ts'
import {
  config,
  consume,
  goRound,
  inspect,
  LABELS,
  PEER,
  plan,
  postable,
  publish,
  toRid,
  upgradedOf,
} from './upgrade-journey.ts'

interface Old {
  readonly id?: string
  readonly purpose?: string
  /** attributes of the Incident, with a space before */
  readonly attributes?: string
  readonly description?: string
  /** behind Contact */
  readonly behind?: string
}

function incident({
  id = '1',
  purpose = 'reporting',
  attributes = ' restriction="public"',
  ...more
}: Old = {}): string {
  const { description = 'scans', behind = '' } = more
  return (
    `<Incident purpose="${purpose}"${attributes}><IncidentID name="csirt.old.example">${id}</IncidentID>` +
    `<ReportTime>2015-05-05T05:05:05Z</ReportTime><Description>${description}</Description><Assessment><Impact type="recon"/></Assessment>` +
    `<Contact role="creator" type="organization"><Fax>1</Fax></Contact>${behind}</Incident>`
  )
}

function documentOf(...incidents: readonly string[]): string {
  return `<IODEF-Document version="1.00" lang="en" xmlns="${NS.iodef1}">${incidents.join('')}</IODEF-Document>`
}

const OLD = fixtures('valid').filter(({ name }) => name.startsWith('v1-'))

/** `original` of an item: its reason and its text. */
function originalOf(item: string): { reason: string | undefined; text: string } | undefined {
  const context = child(scan(item), NS.context, 'context')
  const original = context && child(context, NS.context, 'original')
  return (
    original && { reason: attribute(original, 'reason'), text: Buffer.from(text(original), 'base64').toString('utf8') }
  )
}

describe('an IODEF 1 report', () => {
  test('is among the fixtures', () => assert.ok(OLD.length >= 3))

  for (const { name, bytes } of OLD) {
    test(`comes back from the grid as it was posted: ${name}`, () => {
      const posted = postable(bytes)
      const back = goRound(posted)
      assert.equal(back.version, 1)
      assert.equal(back.xml, posted.xml)
      assert.equal(inspect(back.xml).valid, true)
    })

    test(`is seen on the grid as IODEF 2: ${name}`, () => {
      const publications = publish(postable(bytes))
      assert.equal(publications.length, postable(bytes).incidents.length)
      for (const { item } of publications) {
        const seen = readItem(item.xml).incident
        const read = inspect(`<IODEF-Document xmlns="${NS.iodef2}" version="2.00">${seen}</IODEF-Document>`)
        assert.ok(read.valid, read.errors[0]?.message)
        assert.equal(read.document?.version, 2)
      }
    })
  }

  test('may come in RID, and goes out named as IODEF 1 with the policy it came with', () => {
    const { document, rid } = inspect(readFileSync(new URL('../../fixtures/rid/report-iodef-1.xml', import.meta.url)))
    assert.ok(document !== null && rid !== null)
    const { text: message, inspection } = toRid(publish(document, rid).map(({ item }) => consume(item.xml)))
    assert.match(message, /<ReportSchema Version="1.0" XMLSchemaID="urn:ietf:params:xml:ns:iodef-1.0">/)
    assert.doesNotMatch(message, /iodef-2\.0/)
    assert.equal(comparable(embedded(message)), comparable(document.xml))
    assert.equal(inspection.rid?.policy?.incidentId?.text, 'O-1')
  })

  test('is carried by the first item only, with its reason', () => {
    const posted = postable(documentOf(incident({ id: '1' }), incident({ id: '2' }), incident({ id: '3' })))
    const originals = publish(posted).map(({ item }) => originalOf(item.xml))
    assert.deepEqual(originals, [{ reason: 'version', text: posted.xml }, undefined, undefined])
  })

  test('goes out whole when all its items are there, in whatever order they came', () => {
    const posted = postable(documentOf(incident({ id: '1' }), incident({ id: '2' }), incident({ id: '1' })))
    const items = publish(posted).map(({ item }) => consume(item.xml))
    assert.equal(items.length, 2, 'the same Incident twice is one item')
    const { document } = toRid(items.toReversed()).inspection
    assert.equal(document?.xml, posted.xml)
  })

  test('goes out as IODEF 2 when some of its items never come', () => {
    const posted = postable(documentOf(incident({ id: '1' }), incident({ id: '2' })))
    for (const [i, { item }] of publish(posted).entries()) {
      const { text: message, inspection } = toRid([consume(item.xml)])
      assert.match(message, /ext-Version="2.00"/)
      assert.equal(inspection.document?.version, 2)
      assert.equal(inspection.document?.incidents[0]?.xml, upgradedOf(posted).incidents[i]?.xml)
      assert.equal(inspection.document?.incidents.length, 1)
    }
  })

  test('goes out as its characters were where it is signed', () => {
    for (const kind of ['rsa', 'ec'] as const) {
      const signer = createSigner(kind)
      const data = '<AdditionalData dtype="xml">@SIGNATURE@</AdditionalData>'
      const signed = signer.sign(documentOf(incident({ behind: data, description: '<!-- c -->a<![CDATA[b]]>' })))
      const { document, rid } = inspect(ridReport(signed).replace(/ReportSchema [^>]*>/, 'ReportSchema>'))
      assert.ok(document !== null)
      const publications = publish(document, rid)
      assert.deepEqual(originalOf(publications[0]?.item.xml ?? ''), { reason: 'signature', text: signed })
      const { text: message } = toRid(publications.map(({ item }) => consume(item.xml)))
      assert.equal(embedded(message), signed)
      assert.ok(signer.verifies(embedded(message)))
      assert.match(message, /<ReportSchema Version="1.0"/)
    }
  })

  test('keeps a prefix in a value, which no upgrade can', () => {
    const data = '<AdditionalData dtype="xml"><x xmlns="urn:x" i:type="s:string">1</x></AdditionalData>'
    const rid = ridReport(documentOf(incident({ behind: data })))
      .replace(/ReportSchema [^>]*>/, 'ReportSchema>')
      .replace('<IODEF-Document ', `<IODEF-Document xmlns:i="${NS.xsi}" `)
      .replace('<RID ', '<RID xmlns:s="http://www.w3.org/2001/XMLSchema" ')
    const read = inspect(rid)
    assert.ok(read.valid && read.document !== null, read.errors[0]?.message)
    const { text: message } = toRid(publish(read.document, read.rid).map(({ item }) => consume(item.xml)))
    assert.match(embedded(message), /xmlns:s="http:\/\/www.w3.org\/2001\/XMLSchema"/)
    assert.equal(comparable(embedded(message)), comparable(read.document.xml))
  })

  test('comes back although a Broker damaged what is seen of it', () => {
    const posted = postable(documentOf(incident({ description: 'one&#13;\ntwo' })))
    const [publication] = publish(posted)
    const damaged = (publication?.item.xml ?? '').replace('one&#xD;\ntwo', 'one\ntwo')
    assert.notEqual(damaged, publication?.item.xml)
    const consumed = consume(damaged)
    assert.equal(consumed.item, publication?.item.id, 'it is still known by its id, so that loops stop')
    assert.equal(toRid([consumed]).inspection.document?.xml, posted.xml)
  })

  test('is not forged: what is carried must be what is seen', () => {
    const [mine] = publish(postable(documentOf(incident({ description: 'mine' }))))
    const other = postable(documentOf(incident({ description: 'other' })))
    const carried = (text_: string) =>
      (mine?.item.xml ?? '').replace(/(<original[^>]*>)[^<]*/, `$1${Buffer.from(text_).toString('base64')}`)
    for (const forged of [
      other.xml,
      documentOf(incident({ description: 'mine' }), incident({ id: '2' })),
      documentOf(incident({ description: 'mine', attributes: '' })),
      documentOf('broken'),
      '',
    ]) {
      const { inspection } = toRid([consume(carried(forged))])
      assert.equal(inspection.document?.version, 2, forged)
      assert.match(inspection.document?.xml ?? '', /<Description>mine</)
    }
    assert.equal(toRid([consume(mine?.item.xml ?? '')]).inspection.document?.version, 1)
  })

  test('is carried by nothing but an item that names all of its Incidents', () => {
    const posted = postable(documentOf(incident({ id: '1' }), incident({ id: '2' })))
    const [first, second] = publish(posted).map(({ item }) => item)
    const swapped = (first?.xml ?? '').replace(/items="(\w+) (\w+)"/, 'items="$2 $1"')
    assert.equal(consume(swapped).part.original, null)
    const alone = (first?.xml ?? '').replace(/ position="1" of="2" items="[^"]*"/, '')
    assert.equal(consume(alone).part.original, null)
    assert.notEqual(consume(first?.xml ?? '').part.original, null)
    assert.notEqual(first?.id, second?.id)
  })

  test('goes out as before when XEP-0268 holds it without an upgrade', () => {
    const native = `<report xmlns="urn:xmpp:incident:2">${incident().replace('<Incident', `<Incident xmlns="${NS.iodef1}"`)}</report>`
    const { inspection, text: message } = toRid([consume(native)])
    assert.equal(inspection.document?.version, 1)
    assert.match(message, /<ReportSchema Version="1.0"/)
    assert.equal(consumedFrom(inspect(documentOf(incident())))?.part.version, 1)
  })
})

describe('policy for an IODEF 1 report', () => {
  const CASES: readonly (readonly [string, string, readonly Label[]])[] = [
    [' restriction="public"', '', ['public']],
    [' restriction="need-to-know"', '', ['need-to-know']],
    [' restriction="private"', '', ['private']],
    ['', '', ['private']],
    [' restriction="default"', '', ['default']],
    // History, EventData and Expectation only imply "default"
    [' restriction="public"', '<EventData><Expectation/></EventData>', ['public']],
    [' restriction="public"', '<EventData restriction="default"/>', ['public', 'default']],
    [' restriction="public"', '<EventData restriction="private"/>', ['private']],
    [' restriction="private"', '<EventData restriction="public"/>', ['private']],
    [
      ' restriction="public"',
      '<AdditionalData dtype="string" restriction="need-to-know">a</AdditionalData>',
      ['need-to-know'],
    ],
    [
      ' restriction="public"',
      `<AdditionalData dtype="xml">${incident({ attributes: '' })}</AdditionalData>`,
      ['private'],
    ],
  ]

  for (const [attributes, behind, needed] of CASES) {
    test(`asks ${needed.join(' and ')} of a Topic and a peer for${attributes || ' no restriction'} ${behind.slice(0, 60)}`, () => {
      const posted = postable(documentOf(incident({ attributes, behind })))
      assert.deepEqual(posted.needed, needed)
      assert.deepEqual(upgradedOf(posted).needed, needed)
      for (let set = 0; set < 2 ** LABELS.length; set += 1) {
        const restrictions = LABELS.filter((_, i) => (set >> i) % 2 === 1)
        const may = needed.every((label) => restrictions.includes(label))
        assert.equal(plan(posted, null, config({ restrictions })).kind, may ? 'publish' : 'denied')
        const [publication] = publish(posted)
        const { part } = consume(publication?.item.xml ?? '')
        assert.equal(withheldFrom({ ...PEER, restrictions }, 'incident', part) === undefined, may)
      }
    })
  }

  test('counts what the RID message says', () => {
    const rid = ridReport(documentOf(incident())).replace(/ReportSchema [^>]*>/, 'ReportSchema>')
    const read = inspect(rid.replace('<XMLDocument ', '<XMLDocument restriction="private" '))
    assert.ok(read.document !== null, read.errors[0]?.message)
    assert.deepEqual(upgradedOf(read.document).needed, ['private'])
  })

  test('does not take what is carried where another restriction is seen', () => {
    const strict = documentOf(incident({ description: 'one&#13;two', attributes: ' restriction="private"' }))
    const [publication] = publish(postable(strict))
    const loose = (publication?.item.xml ?? '').replace('restriction="private"', 'restriction="public"')
    assert.equal(consume(publication?.item.xml ?? '').part.originalVersion, 1)
    assert.equal(consume(loose).part.originalVersion, 2)
  })

  test('denies a Topic of payload iodef, which cannot carry it', () => {
    const planned = plan(postable(documentOf(incident())), null, config({ payload: 'iodef' }))
    assert.equal(planned.kind === 'denied' && planned.code, 'cannot-carry')
  })

  test('denies two Topics, since it must stay whole', () => {
    const one = config()
    const [topic] = one.grid.topics
    assert.ok(topic !== undefined)
    const routes = [{ match: { purpose: ['traceback'] }, topic: 'traceback' }, ...one.routes]
    const both = { routes, grid: { ...one.grid, topics: [topic, { ...topic, name: 'traceback' }] } }
    const split = (...purposes: readonly string[]): DocumentReading =>
      postable(documentOf(...purposes.map((purpose) => incident({ purpose }))))
    const planned = plan(split('reporting', 'traceback'), null, both)
    assert.equal(planned.kind === 'denied' && planned.code, 'cannot-split')
    assert.equal(plan(split('traceback', 'traceback'), null, both).kind, 'publish')
  })
})
