import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { contentModel } from '../../src/iodef/content-model.ts'
import { downgradeDocument } from '../../src/iodef/downgrade.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { normalForm } from '../../src/xml/normal-form.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { complaint } from '../schemas/support.ts'

const V2 = `xmlns="${NS.iodef2}" xmlns:enum="${NS.enum}" xmlns:sci="${NS.sci}" xmlns:ds="${NS.ds}"`
const HEAD = '<IncidentID name="a.example">1</IncidentID>'
const MADE = '<GenerationTime>2015-05-05T05:05:05Z</GenerationTime>'
const SIGNATURE =
  '<ds:Signature><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="urn:a"/><ds:SignatureMethod Algorithm="urn:a"/><ds:Reference>' +
  '<ds:DigestMethod Algorithm="urn:a"/><ds:DigestValue>AA==</ds:DigestValue></ds:Reference></ds:SignedInfo>' +
  '<ds:SignatureValue>AA==</ds:SignatureValue></ds:Signature>'
const CONTACT = '<Contact role="creator" type="person"/>'

/** Of an Incident in normal form what stands in it, without the mark of the whole document; and what is lost. */
function downgraded(attributes: string, content: string, documentAttributes = '', behind = '') {
  const v2 = `<IODEF-Document ${V2} version="2.00"${documentAttributes}><Incident ${attributes}>${content}</Incident>${behind}</IODEF-Document>`
  assert.equal(complaint('iodef-2.0.xsd', v2), undefined, v2)
  const { document, losses } = downgradeDocument(scan(v2), 'WHOLE')
  const v1 = normalForm(document, contentModel)
  assert.equal(complaint('iodef-1.0.xsd', v1), undefined, v1)
  const start = `<IODEF-Document xmlns="${NS.iodef1}" `
  assert.ok(v1.startsWith(start))
  const shown = v1
    .slice(start.length)
    .replaceAll(
      /<AdditionalData dtype="string" formatid="urn:x-iodef-gateway:iodef-2:1"[^>]* restriction="([^"]*)">([^<]*)<\/AdditionalData>/g,
      '[$1 $2]',
    )
    .replaceAll(/<([\w-]+)([^>]*)><\/\1>/g, '<$1$2/>')
  return { shown, losses: Object.fromEntries(losses) }
}

/** What `content` behind Contact becomes. */
function behindContact(content: string) {
  const { shown, losses } = downgraded('purpose="other" restriction="public"', `${HEAD}${MADE}${CONTACT}${content}`)
  const [, rest = ''] = /<Contact role="creator" type="person"\/>(.*)\[[^\]]*\]<\/Incident>/s.exec(shown) ?? []
  return { rest, losses }
}

describe('a document', () => {
  test('has version, language and ReportTime, an Assessment, and itself inside', () => {
    const { shown, losses } = downgraded('purpose="reporting"', `${HEAD}${MADE}${CONTACT}`)
    assert.equal(
      shown,
      'lang="und" version="1.00"><Incident purpose="reporting" restriction="private">' +
        '<IncidentID name="a.example" restriction="private">1</IncidentID><ReportTime>2015-05-05T05:05:05Z</ReportTime>' +
        '<Assessment><Impact type="unknown"/></Assessment><Contact role="creator" type="person"/>' +
        '[private WHOLE]</Incident></IODEF-Document>',
    )
    assert.deepEqual(losses, {})
  })

  test('keeps its language and format, and lists what it loses', () => {
    const attributes = ' xml:lang="ja" format-id="f" private-enum-name="x" private-enum-id="1"'
    const { shown, losses } = downgraded('purpose="other" status="new"', `${HEAD}${MADE}${CONTACT}`, attributes)
    assert.match(shown, /^formatid="f" lang="ja" version="1.00">/)
    assert.deepEqual(losses, {
      'IODEF-Document/@private-enum-name': 1,
      'IODEF-Document/@private-enum-id': 1,
      'Incident/@status': 1,
    })
  })

  test('gives its AdditionalData to the first Incident', () => {
    const data = '<AdditionalData dtype="string" meaning="m">x</AdditionalData>'
    const { shown } = downgraded('purpose="other"', `${HEAD}${MADE}${CONTACT}`, '', data)
    assert.match(shown, /<AdditionalData dtype="string" meaning="m">x<\/AdditionalData>\[private WHOLE\]<\/Incident>/)
  })
})

describe('an Incident', () => {
  test('has a purpose of IODEF 2 as ext-value', () => {
    assert.match(
      downgraded('purpose=" watch "', `${HEAD}${MADE}${CONTACT}`).shown,
      /<Incident ext-purpose="watch" purpose="ext-value"/,
    )
    const own = downgraded('purpose="ext-value" ext-purpose="drill"', `${HEAD}${MADE}${CONTACT}`)
    assert.match(own.shown, /<Incident ext-purpose="drill" purpose="ext-value"/)
  })

  test('keeps its ReportTime, and loses a GenerationTime that is another', () => {
    const reported = '<ReportTime>2015-05-05T05:05:04Z</ReportTime>'
    const { shown, losses } = downgraded('purpose="other"', `${HEAD}${reported}${MADE}${CONTACT}`)
    assert.match(shown, /<ReportTime>2015-05-05T05:05:04Z<\/ReportTime><Assessment>/)
    assert.deepEqual(losses, { GenerationTime: 1 })
  })

  test('has ReportTime behind what stands before it', () => {
    const before =
      '<AlternativeID><IncidentID name="b">2</IncidentID></AlternativeID><DetectTime>2015-01-01T00:00:00Z</DetectTime>'
    const { shown, losses } = downgraded(
      'purpose="other"',
      `${HEAD}${before}<RecoveryTime>2015-01-01T00:00:00Z</RecoveryTime>${MADE}${CONTACT}`,
    )
    assert.match(shown, /<DetectTime>[^<]*<\/DetectTime><ReportTime>/)
    assert.deepEqual(losses, { RecoveryTime: 1 })
  })
})

describe('a restriction never loosens', () => {
  const of = (attributes: string) => downgraded(`purpose="other"${attributes}`, `${HEAD}${MADE}${CONTACT}`).shown
  for (const [from, to] of [
    ['public', 'public'],
    ['white', 'public'],
    ['partner', 'need-to-know'],
    ['green', 'need-to-know'],
    ['need-to-know', 'need-to-know'],
    ['amber', 'need-to-know'],
    ['private', 'private'],
    ['red', 'private'],
    ['default', 'default'],
  ] as const) {
    test(`${from} is ${to}`, () => {
      assert.match(
        of(` restriction="${from}"`),
        new RegExp(`<Incident purpose="other" restriction="${to}"><IncidentID name="a.example" restriction="${to}">`),
      )
      assert.match(of(` restriction="${from}"`), new RegExp(`\\[${to} WHOLE\\]`))
    })
  }

  test('a word of its own, or none, is private', () => {
    for (const own of [' restriction="ext-value" ext-restriction="x"', ' ext-restriction="public"', ''])
      assert.match(of(own), /<Incident purpose="other" restriction="private"><IncidentID [^>]* restriction="private">/)
  })

  test('an IncidentID, History, EventData or Expectation without one does not get what IODEF 1 implies', () => {
    const item = '<HistoryItem action="other"><DateTime>2015-05-05T05:05:05Z</DateTime></HistoryItem>'
    const { rest } = behindContact(
      `<EventData restriction="amber"><Expectation/></EventData><History>${item}</History>`,
    )
    assert.equal(
      rest,
      '<EventData restriction="need-to-know"><Expectation restriction="need-to-know"/></EventData>' +
        '<History restriction="public"><HistoryItem action="other"><DateTime>2015-05-05T05:05:05Z</DateTime></HistoryItem></History>',
    )
  })

  test('what is only in the whole document restricts that', () => {
    const indicator = (restriction: string) =>
      `<IndicatorData><Indicator restriction="${restriction}"><IndicatorID name="a" version="1">i</IndicatorID><Observable/></Indicator></IndicatorData>`
    const content = (restriction: string) => `${HEAD}${MADE}${CONTACT}${indicator(restriction)}`
    assert.match(downgraded('purpose="other" restriction="public"', content('red')).shown, /\[private WHOLE\]/)
    assert.match(
      downgraded('purpose="other" restriction="public"', content('default')).shown,
      /\[default \]\[public WHOLE\]/,
    )
  })
})

describe('a Contact', () => {
  test('has texts with a meaning, and one Fax behind the telephones', () => {
    const { rest, losses } = behindContact(
      '<Contact role="victim" type="person"><ContactName>A</ContactName><ContactName>B</ContactName><ContactTitle>C</ContactTitle>' +
        '<PostalAddress><PAddress xml:lang="de">P</PAddress></PostalAddress><PostalAddress><PAddress>Q</PAddress></PostalAddress>' +
        '<Email type="hotline"><EmailTo>a@a</EmailTo><Description>day</Description></Email>' +
        '<Email type="direct"><EmailTo>b@a</EmailTo></Email>' +
        '<Telephone type="fax"><TelephoneNumber>1</TelephoneNumber></Telephone>' +
        '<Telephone><TelephoneNumber>2</TelephoneNumber></Telephone>' +
        '<Telephone type="fax"><TelephoneNumber>3</TelephoneNumber></Telephone><Timezone>Z</Timezone></Contact>',
    )
    assert.equal(
      rest,
      '<Contact ext-role="victim" role="ext-value" type="person"><ContactName>A</ContactName>' +
        '<PostalAddress lang="de">P</PostalAddress><Email meaning="day">a@a</Email><Email meaning="direct">b@a</Email>' +
        '<Telephone>2</Telephone><Telephone>3</Telephone><Fax>1</Fax><Timezone>Z</Timezone></Contact>',
    )
    assert.deepEqual(losses, { ContactName: 1, ContactTitle: 1, PostalAddress: 1, 'Email/@type': 1 })
  })
})

describe('a Method', () => {
  test('has names of references', () => {
    const name = (id: string, index: number) =>
      `<enum:ReferenceName specIndex="${index}"><enum:ID>${id}</enum:ID></enum:ReferenceName>`
    const method =
      `<Method><Reference>${name('CVE-2021-44228', 1)}<URL>http://a</URL><Description>d</Description></Reference>` +
      `<Reference>${name('x', 9)}</Reference><Reference><Description xml:lang="de">n</Description><Description>o</Description></Reference>` +
      '<Reference><URL> http://b </URL></Reference><Reference/></Method>'
    const { shown, losses } = downgraded(
      'purpose="other"',
      `${HEAD}${MADE}<Assessment><SystemImpact/></Assessment>${method}${CONTACT}`,
    )
    assert.match(
      shown,
      new RegExp(
        '<Method><Reference><ReferenceName>CVE-2021-44228</ReferenceName><URL>http://a</URL><Description>d</Description></Reference>' +
          '<Reference><ReferenceName>x</ReferenceName></Reference>' +
          '<Reference><ReferenceName lang="de">n</ReferenceName><Description>o</Description></Reference>' +
          '<Reference><ReferenceName>http://b</ReferenceName><URL> http://b </URL></Reference></Method>',
      ),
    )
    assert.deepEqual(losses, { 'ReferenceName/@specIndex': 1, Reference: 1 })
  })

  test('without a Reference or Description goes', () => {
    const method = '<Method><sci:Weakness SpecID="a"/></Method>'
    const { shown, losses } = downgraded('purpose="other"', `${HEAD}${MADE}${method}${CONTACT}`)
    assert.ok(!shown.includes('<Method'))
    assert.deepEqual(losses, { Weakness: 1, Method: 1 })
  })
})

test('a RelatedActivity is numbers or URLs, and the first that has any', () => {
  const related =
    '<RelatedActivity><Description>d</Description></RelatedActivity>' +
    '<RelatedActivity restriction="green"><URL>http://a</URL><ThreatActor><ThreatActorID>t</ThreatActorID></ThreatActor></RelatedActivity>' +
    '<RelatedActivity><IncidentID name="b">2</IncidentID></RelatedActivity>'
  const { shown, losses } = downgraded('purpose="other"', `${HEAD}${related}${MADE}${CONTACT}`)
  assert.match(
    shown,
    /<RelatedActivity restriction="need-to-know"><URL>http:\/\/a<\/URL><\/RelatedActivity><ReportTime>/,
  )
  assert.deepEqual(losses, { RelatedActivity: 2, ThreatActor: 1 })
})

test('RecordData without a RecordItem has an empty one', () => {
  const record = (content: string) => `<EventData><Record><RecordData>${content}</RecordData></Record></EventData>`
  const { rest, losses } = behindContact(
    record('<Description>d</Description><URL>http://a</URL><AdditionalData dtype="json">{}</AdditionalData>'),
  )
  assert.match(
    rest,
    /<Description>d<\/Description><RecordItem dtype="string"\/><AdditionalData dtype="ext-value" ext-dtype="json">\{\}<\/AdditionalData>/,
  )
  assert.deepEqual(losses, { URL: 1 })
})

describe('extension content', () => {
  const data = (content: string) => behindContact(`<AdditionalData dtype="xml">${content}</AdditionalData>`)

  test('stays, but for types that name nothing', () => {
    const typed = `<a xmlns="urn:a" xmlns:i="${NS.xsi}" xmlns:p="urn:p" i:type="p:t">x</a>`
    assert.equal(data(typed).rest, '<AdditionalData dtype="xml"><a xmlns="urn:a">x</a></AdditionalData>')
  })

  test('goes where a schema on the way, or a signature, would make something else of it', () => {
    for (const inner of [
      '<Description>d</Description>',
      `<Node xmlns="${NS.iodef1}"/>`,
      `<RID xmlns="${NS.rid}"/>`,
      `<x xmlns="urn:x">${SIGNATURE}</x>`,
      `<report xmlns="${NS.incident}"/>`,
    ]) {
      assert.deepEqual(data(inner), { rest: '', losses: { AdditionalData: 1 } })
    }
  })

  test('that was a whole document once is not sent again', () => {
    const old = '<AdditionalData dtype="string" formatid="urn:x-iodef-gateway:iodef-2:1">x</AdditionalData>'
    assert.deepEqual(behindContact(old), { rest: '', losses: {} })
  })
})

test('the same document always becomes the same', () => {
  const one = downgraded('purpose="watch"', `${HEAD}${MADE}${CONTACT}`)
  assert.deepEqual(downgraded('purpose="watch"', `${HEAD}${MADE}${CONTACT}`), one)
})
