import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { contentModel } from '../../src/iodef/content-model.ts'
import { upgradeDocument } from '../../src/iodef/upgrade.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { normalForm } from '../../src/xml/normal-form.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { complaint } from '../schemas/support.ts'

const V1 = `xmlns="${NS.iodef1}" xmlns:xsi="${NS.xsi}"`
const V2 = `xmlns="${NS.iodef2}"`
const HEAD = '<IncidentID name="csirt.old.example">1</IncidentID><ReportTime>2015-05-05T05:05:05Z</ReportTime>'
const ASSESSMENT = '<Assessment><Impact/></Assessment>'
const CONTACT = '<Contact role="creator" type="person"></Contact>'

function upgraded(v1: string): string {
  assert.equal(complaint('iodef-1.0.xsd', v1), undefined, v1)
  const v2 = normalForm(upgradeDocument(scan(v1)), contentModel)
  assert.equal(complaint('iodef-2.0.xsd', v2), undefined, v2)
  return v2
}

/** A part of an Incident, `%` in `around`, in both versions. */
function part(around: string, from: string, to: string, aroundTo = around): void {
  const incident = (content: string) => `<Incident purpose="other">${content}</Incident>`
  const at = (place: string, content: string) => place.replace('%', () => content)
  const v2 = upgraded(`<IODEF-Document ${V1} version="1.00" lang="en">${incident(at(around, from))}</IODEF-Document>`)
  const generated = at(aroundTo, to).replace(
    '</ReportTime>',
    '</ReportTime><GenerationTime>2015-05-05T05:05:05Z</GenerationTime>',
  )
  const wanted = `<IODEF-Document ${V2} version="2.00" xml:lang="en">${incident(generated)}</IODEF-Document>`
  assert.equal(v2, normalForm(scan(wanted), contentModel))
}

const SOFT = '<Assessment><SystemImpact></SystemImpact></Assessment>'

function inContact(from: string, to: string): void {
  const around = (soft: string) => `${HEAD}${soft}<Contact role="irt" type="organization">%</Contact>`
  part(around(ASSESSMENT), from, to, around(SOFT))
}

function inIncident(from: string, to: string): void {
  part(`${HEAD}${ASSESSMENT}${CONTACT}%`, from, to, `${HEAD}${SOFT}${CONTACT}%`)
}

function inAssessment(from: string, to: string): void {
  part(`${HEAD}<Assessment>%</Assessment>${CONTACT}`, from, to)
}

function inSystem(from: string, to: string): void {
  inIncident(
    `<EventData><Flow><System>${from}</System></Flow></EventData>`,
    `<EventData><Flow><System>${to}</System></Flow></EventData>`,
  )
}

function inNode(from: string, to: string): void {
  inSystem(`<Node>${from}</Node>`, `<Node>${to}</Node>`)
}

describe('the upgrade of IODEF 1', () => {
  test('names the document anew: version, xml:lang, format-id', () => {
    const incident = `<Incident purpose="traceback" lang="de" restriction=" public ">${HEAD}${ASSESSMENT}${CONTACT}</Incident>`
    assert.equal(
      upgraded(`<IODEF-Document ${V1} lang="en" formatid="f">${incident}${incident}</IODEF-Document>`).replaceAll(
        /<Incident .*?<\/Incident>/g,
        (one) => one.slice(0, one.indexOf('>') + 1),
      ),
      `<IODEF-Document ${V2} format-id="f" version="2.00" xml:lang="en">${'<Incident purpose="traceback" restriction=" public " xml:lang="de">'.repeat(2)}</IODEF-Document>`,
    )
  })

  test('leaves out what speaks of the schema of IODEF 1', () => {
    const v1 = `<IODEF-Document ${V1} lang="en" xsi:schemaLocation="${NS.iodef1} iodef.xsd"><Incident purpose="other">${HEAD}<Description xsi:type="MLStringType">a</Description>${ASSESSMENT}${CONTACT}</Incident></IODEF-Document>`
    assert.doesNotMatch(upgraded(v1), /schemaLocation|MLStringType/)
    assert.match(upgraded(v1), /<Description>a<\/Description>/)
  })

  test('gives the time of the report as GenerationTime, too', () => {
    const head = (times: string) => `<IncidentID name="a" restriction="public">1</IncidentID>${times}`
    part(
      `${head('<DetectTime>2015-05-04T00:00:00Z</DetectTime><StartTime>2015-05-03T00:00:00Z</StartTime><EndTime>2015-05-03T01:00:00Z</EndTime><ReportTime>2015-05-05T05:05:05Z</ReportTime>')}%${CONTACT}`,
      '<Assessment><Impact/></Assessment>',
      SOFT,
    )
  })

  test('keeps the classes that did not change', () => {
    const same = [
      '<AdditionalData dtype="xml" meaning="m" formatid="f" restriction="private"> <x xmlns="urn:x"> <y></y></x> </AdditionalData>',
      `<EventData restriction="default"><Description xml:lang="fr">d</Description><DetectTime>2015-05-05T05:05:05Z</DetectTime><StartTime>2015-05-05T05:05:05Z</StartTime><EndTime>2015-05-05T05:05:05Z</EndTime>${CONTACT}<Expectation action="ext-value" ext-action="e" restriction="need-to-know" severity="low"><Description>d</Description><StartTime>2015-05-05T05:05:05Z</StartTime><EndTime>2015-05-05T05:05:05Z</EndTime>${CONTACT}</Expectation><Record restriction="public"><RecordData restriction="private"><DateTime>2015-05-05T05:05:05Z</DateTime><Description>d</Description><RecordPattern ext-offsetunit="o" ext-type="t" instance="2" offset="1" offsetunit="byte" type="ext-value"> p </RecordPattern><RecordItem dtype="ext-value" ext-dtype="e">r</RecordItem><AdditionalData dtype="string">a</AdditionalData></RecordData></Record><EventData></EventData><AdditionalData dtype="boolean">true</AdditionalData></EventData>`,
      `<History restriction="public"><HistoryItem action="nothing" restriction="private"><DateTime>2015-05-05T05:05:05Z</DateTime><IncidentID instance="i" name="n" restriction="public">2</IncidentID>${CONTACT}<Description>d</Description><AdditionalData dtype="url">u</AdditionalData></HistoryItem></History>`,
    ]
    for (const text of same) inIncident(text.replaceAll('xml:lang', 'lang'), text)
    for (const activity of ['<IncidentID name="n">3</IncidentID>', '<URL>http://a.example/</URL>']) {
      const around = (soft: string) =>
        `<IncidentID name="n">1</IncidentID><AlternativeID restriction="private"><IncidentID name="n">2</IncidentID></AlternativeID><RelatedActivity restriction="public">%</RelatedActivity><ReportTime>2015-05-05T05:05:05Z</ReportTime>${soft}${CONTACT}`
      part(around(ASSESSMENT), activity, activity, around(SOFT))
    }
  })

  test('writes out no restriction that IODEF 1 only implies', () => {
    const v2 = upgraded(
      `<IODEF-Document ${V1} lang="en"><Incident purpose="other">${HEAD}${ASSESSMENT}${CONTACT}<EventData><Expectation/></EventData><History><HistoryItem action="other"><DateTime>2015-05-05T05:05:05Z</DateTime></HistoryItem></History></Incident></IODEF-Document>`,
    )
    assert.doesNotMatch(v2, /restriction/)
  })

  test('splits PostalAddress, Email and Telephone, and makes Fax a Telephone', () => {
    inContact(
      `<ContactName lang="ja">鈴木</ContactName><Description>d</Description><RegistryHandle registry="ripe">h</RegistryHandle>
       <PostalAddress lang="en" meaning="office"> 5 Old\n Street</PostalAddress><Email meaning="">a@a.example</Email><Email meaning="day">b@a.example</Email>
       <Telephone>1</Telephone><Telephone meaning="night">2</Telephone><Fax meaning="old">3</Fax><Timezone>Z</Timezone>${CONTACT}<AdditionalData dtype="string">x</AdditionalData>`,
      '<ContactName xml:lang="ja">鈴木</ContactName><Description>d</Description><RegistryHandle registry="ripe">h</RegistryHandle>' +
        '<PostalAddress><PAddress xml:lang="en"> 5 Old\n Street</PAddress><Description>office</Description></PostalAddress>' +
        '<Email><EmailTo>a@a.example</EmailTo></Email><Email><EmailTo>b@a.example</EmailTo><Description>day</Description></Email>' +
        '<Telephone><TelephoneNumber>1</TelephoneNumber></Telephone><Telephone><TelephoneNumber>2</TelephoneNumber><Description>night</Description></Telephone>' +
        '<Telephone type="fax"><TelephoneNumber>3</TelephoneNumber><Description>old</Description></Telephone>' +
        `<Timezone>Z</Timezone>${CONTACT}<AdditionalData dtype="string">x</AdditionalData>`,
    )
  })

  for (const [type, category, attributes] of [
    ['admin', 'admin', 'type="takeover-system"'],
    ['user', 'user', 'type="takeover-account"'],
    ['dos', 'dos', 'type="availability-service"'],
    ['file', 'file', 'type="integrity-data"'],
    ['info-leak', 'info-leak', 'type="breach-proprietary"'],
    ['policy', 'policy', 'type="policy"'],
    ['misconfiguration', 'misconfiguration', 'ext-type="misconfiguration" type="ext-value"'],
    ['recon', 'recon', 'ext-type="recon" type="ext-value"'],
    ['social-engineering', 'social-engineering', 'ext-type="social-engineering" type="ext-value"'],
    ['unknown', '', 'type="unknown"'],
    ['ext-value', '', 'type="ext-value"'],
  ]) {
    test(`makes Impact ${type} a SystemImpact with ${attributes}`, () => {
      const named = category === '' ? '' : `<IncidentCategory>${category}</IncidentCategory>`
      inAssessment(
        `<Impact type="${type}" severity="low" completion="failed" lang="en">text</Impact>`,
        `${named}<SystemImpact completion="failed" severity="low" ${attributes}><Description xml:lang="en">text</Description></SystemImpact>`,
      )
    })
  }

  test('makes Impact extortion a BusinessImpact, which has no completion', () => {
    inAssessment(
      '<Impact type=" extortion " severity="high" completion="failed">text</Impact><Impact type="extortion"/>',
      '<IncidentCategory>extortion</IncidentCategory><BusinessImpact severity="high" type=" extortion "><Description>text</Description><Description>completion: failed</Description></BusinessImpact><BusinessImpact type="extortion"></BusinessImpact>',
    )
  })

  test('puts IncidentCategory before all impacts, and keeps their order', () => {
    inAssessment(
      '<TimeImpact metric="ext-value" ext-metric="m" severity="low" duration="day"> 1e3 </TimeImpact><Impact type="ext-value" ext-type="e"> </Impact><Impact type="dos"/><MonetaryImpact currency="EUR" severity="high">0.5</MonetaryImpact><Impact type="dos"/><Impact type="user"/><Counter type="host">2</Counter><AdditionalData dtype="string">a</AdditionalData>',
      '<IncidentCategory>dos</IncidentCategory><IncidentCategory>user</IncidentCategory><TimeImpact duration="day" ext-metric="m" metric="ext-value" severity="low"> 1e3 </TimeImpact><SystemImpact ext-type="e" type="ext-value"></SystemImpact><SystemImpact type="availability-service"></SystemImpact><MonetaryImpact currency="EUR" severity="high">0.5</MonetaryImpact><SystemImpact type="availability-service"></SystemImpact><SystemImpact type="takeover-account"></SystemImpact><Counter type="counter" unit="host">2</Counter><AdditionalData dtype="string">a</AdditionalData>',
    )
  })

  for (const [rating, value, kept, added] of [
    ['numeric', ' 0.9 ', ' 0.9 ', ''],
    ['numeric', '-1.e+3', '-1.e+3', ''],
    ['numeric', '90 %', '', '90 %'],
    ['numeric', '1e', '', '1e'],
    ['numeric', '', '', ''],
    ['high', '0.9', '', '0.9'],
    ['unknown', ' \n', '', ''],
  ] as const) {
    test(`makes Confidence ${rating} ${JSON.stringify(value)} valid`, () => {
      const data = added === '' ? '' : `<AdditionalData dtype="string" meaning="Confidence">${added}</AdditionalData>`
      inAssessment(
        `<Impact/><Confidence rating="${rating}">${value}</Confidence><AdditionalData dtype="string">a</AdditionalData>`,
        `<SystemImpact></SystemImpact><Confidence rating="${rating}">${kept}</Confidence>${data}<AdditionalData dtype="string">a</AdditionalData>`,
      )
    })
  }

  test('counts in units', () => {
    inNode(
      '<Counter type="byte" meaning="m">1</Counter><Counter type="ext-value" ext-type="e" duration="ext-value" ext-duration="d">-2.5</Counter><Counter type="packet" duration="second">1e300</Counter>',
      '<Counter meaning="m" type="counter" unit="byte">1</Counter><Counter duration="ext-value" ext-duration="d" ext-unit="e" type="rate" unit="ext-value">-2.5</Counter><Counter duration="second" type="rate" unit="packet">1e300</Counter>',
    )
  })

  test('puts References of a Method first, and their names into Description', () => {
    inIncident(
      '<EventData><Method restriction="private"><Description>one</Description><Reference><ReferenceName lang="en">CWE-79</ReferenceName><URL>http://a/</URL><Description>d</Description></Reference><Description>two</Description><Reference><ReferenceName/></Reference><AdditionalData dtype="string">a</AdditionalData></Method></EventData>',
      '<EventData><Method restriction="private"><Reference><URL>http://a/</URL><Description xml:lang="en">CWE-79</Description><Description>d</Description></Reference><Reference></Reference><Description>one</Description><Description>two</Description><AdditionalData dtype="string">a</AdditionalData></Method></EventData>',
    )
  })

  test('gives a CVE its ReferenceName (RFC 7495 §4), and nothing else', () => {
    const method = (reference: string) => `<EventData><Method><Reference>${reference}</Reference></Method></EventData>`
    inIncident(
      method('<ReferenceName> CVE-2021-44228 </ReferenceName><URL>http://a/</URL>'),
      method(
        `<ReferenceName xmlns="${NS.enum}" specIndex="1"><ID>CVE-2021-44228</ID></ReferenceName><URL>http://a/</URL>`,
      ),
    )
    for (const name of ['CVE-2021-4', 'CVE-2021-44228 and more', 'CAN-2001-0001']) {
      inIncident(method(`<ReferenceName>${name}</ReferenceName>`), method(`<Description>${name}</Description>`))
    }
  })

  test('makes NodeName a DomainData, with the DateTime of each', () => {
    inNode(
      '<NodeName lang="en">a.example</NodeName><Address category="asn" vlan-name="v" vlan-num="7">64496</Address><NodeName>b.example</NodeName><Location lang="en">here</Location><DateTime>2015-05-05T05:05:05Z</DateTime>',
      '<DomainData domain-status="unknown" system-status="unknown"><Name>a.example</Name><DateDomainWasChecked>2015-05-05T05:05:05Z</DateDomainWasChecked></DomainData><Address category="asn" vlan-name="v" vlan-num="7">64496</Address><DomainData domain-status="unknown" system-status="unknown"><Name>b.example</Name><DateDomainWasChecked>2015-05-05T05:05:05Z</DateDomainWasChecked></DomainData><Location xml:lang="en">here</Location>',
    )
  })

  test('notes the DateTime of a Node without a name', () => {
    inSystem(
      '<Node><Address>192.0.2.1</Address><DateTime>2015-05-05T05:05:05Z</DateTime></Node><Description>d</Description><AdditionalData dtype="string">a</AdditionalData>',
      '<Node><Address category="ipv4-addr">192.0.2.1</Address></Node><Description>d</Description><Description>DateTime: 2015-05-05T05:05:05Z</Description><AdditionalData dtype="string">a</AdditionalData>',
    )
  })

  test('says of an Address what IODEF 1 implied, and what IODEF 2 lacks', () => {
    inNode(
      '<Address>192.0.2.1</Address><Address category="ipv6-net-mask">::</Address><Address category="ext-value" ext-category="e">x</Address><Address category="ipv6-addr">::1</Address>',
      '<Address category="ipv4-addr">192.0.2.1</Address><Address category="ext-value" ext-category="ipv6-net-mask">::</Address><Address category="ext-value" ext-category="e">x</Address><Address category="ipv6-addr">::1</Address>',
    )
  })

  test('moves NodeRole behind its Node', () => {
    inSystem(
      '<Node><NodeRole category="www" lang="en">shop</NodeRole><NodeRole category="ext-value" ext-category="e"/></Node><Service ip_protocol="6"/>',
      '<Node></Node><NodeRole category="www"><Description xml:lang="en">shop</Description></NodeRole><NodeRole category="ext-value" ext-category="e"></NodeRole><Service ip-protocol="6"></Service>',
    )
  })

  test('keeps the attributes of System', () => {
    inIncident(
      '<EventData><Flow><System category="ext-value" ext-category="e" interface="if" spoofed="yes" restriction="private"><Node/></System></Flow></EventData>',
      '<EventData><Flow><System category="ext-value" ext-category="e" interface="if" restriction="private" spoofed="yes"><Node></Node></System></Flow></EventData>',
    )
  })

  test('names the protocol of a Service with a hyphen', () => {
    inSystem(
      '<Node/><Service ip_protocol="1"><Port>0</Port><ProtoType>3</ProtoType><ProtoCode>1</ProtoCode><ProtoField>9</ProtoField></Service><Service ip_protocol="17"><Portlist>1-2</Portlist></Service>',
      '<Node></Node><Service ip-protocol="1"><Port>0</Port><ProtoType>3</ProtoType><ProtoCode>1</ProtoCode><ProtoField>9</ProtoField></Service><Service ip-protocol="17"><Portlist>1-2</Portlist></Service>',
    )
  })

  test('describes software', () => {
    inSystem(
      '<Node/><Service ip_protocol="6"><Application vendor="V" family="F" name="N" version="1" patch="p" swid="0" configid="c"><URL>http://a/</URL></Application></Service><OperatingSystem swid="s" configid="0" version="2" vendor=" "/><OperatingSystem/>',
      '<Node></Node><Service ip-protocol="6"><Application><URL>http://a/</URL><Description>V F N 1 p</Description><Description>configid: c</Description></Application></Service><OperatingSystem><Description>2</Description><Description>swid: s</Description></OperatingSystem><OperatingSystem></OperatingSystem>',
    )
  })

  test('copies extension content, but for a type whose prefix nothing explains', () => {
    inIncident(
      `<AdditionalData dtype="xml"><x xmlns="urn:x" xmlns:s="http://www.w3.org/2001/XMLSchema"><y xsi:type="s:string">1</y><Impact xmlns="${NS.iodef1}" type="dos">t</Impact></x></AdditionalData>`,
      `<AdditionalData dtype="xml"><x xmlns="urn:x"><y>1</y><Impact xmlns="${NS.iodef1}" type="dos">t</Impact></x></AdditionalData>`,
    )
  })
})
