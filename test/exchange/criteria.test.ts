import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { criteriaOf } from '../../src/exchange/criteria.ts'
import { read } from '../relay/journey.ts'
import { byNumber, documentText, IODEF1, ridText } from '../support/documents.ts'
import { message, openBench } from './bench.ts'

const DAY = 86_400_000
const system = (content: string, category = '', behind = '') =>
  `<EventData><Flow><System${category === '' ? '' : ` category="${category}"`}><Node>${content}</Node>${behind}</System></Flow></EventData>`
const address = (value: string, category = 'ipv4-addr') => `<Address category="${category}">${value}</Address>`
const impact = (content: string, type = 'unknown') =>
  `<Assessment><SystemImpact type="${type}"/>${content}</Assessment>`
const confidence = (rating: string, value = '') => impact(`<Confidence rating="${rating}">${value}</Confidence>`)
const hash = (value: string) =>
  '<EventData><Record><RecordData><FileData><File><HashData scope="file-contents"><Hash>' +
  '<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>' +
  `<ds:DigestValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${value}</ds:DigestValue></Hash></HashData></File></FileData></RecordData></Record></EventData>`

interface Shown {
  /** behind IncidentID and in front of GenerationTime */
  readonly times?: string
  /** behind Contact; an Assessment in front of it */
  readonly content?: string
  readonly assessment?: string
  readonly alternative?: string
  readonly instance?: string
  readonly name?: string
  readonly restriction?: string
}

/** An Incident in schema order, which incidentText has no room for. */
function incident(
  id: string,
  { times = '', content = '', assessment = '', alternative = '', instance, name, restriction }: Shown = {},
) {
  const own = instance === undefined ? '' : ` instance="${instance}"`
  return (
    `<Incident purpose="reporting" restriction="${restriction ?? 'public'}"><IncidentID name="${name ?? 'csirt.example'}"${own}>${id}</IncidentID>` +
    `${alternative}${times}<GenerationTime>2026-01-01T00:00:00Z</GenerationTime>` +
    `${assessment}<Contact role="creator" type="organization"><ContactName>A</ContactName></Contact>${content}</Incident>`
  )
}

const query = (more: Shown) =>
  ridText(documentText([incident('q', { ...more, name: 'asker.example' })]), { msgType: 'Query' })

/** What of these Incidents a Query finds: each by its own number. */
async function finds(shown: Readonly<Record<string, Shown>>, asked: string): Promise<string[]> {
  await using t = await openBench({})
  for (const [id, more] of Object.entries(shown)) {
    await t.show(documentText([incident(id, more)]))
    await t.clock.advance(1000)
    // each with one that may not be seen, and one of a Topic that may not
    await t.show(documentText([incident(id, { ...more, restriction: 'private' })]))
    await t.show(documentText([incident(id, { ...more, name: 'other.example' })]), 'other')
  }
  const answer = message(await t.post(asked))
  assert.equal(answer.rid?.msgType, 'Report', answer.xml)
  return answer.document?.incidents.map(({ id }) => id.id) ?? []
}

describe('a Query finds', () => {
  test('all instances of a number, and the one that is asked for', async () => {
    const shown = {
      '7': { instance: '1' },
      '7-2': {},
      '70': {},
      other: { alternative: '<AlternativeID><IncidentID name="csirt.example">7</IncidentID></AlternativeID>' },
    }
    assert.deepEqual(await finds(shown, byNumber('7')), ['7', '7-2', 'other'])
    assert.deepEqual(await finds(shown, byNumber('7', 'csirt.example', '1')), ['7'])
    assert.deepEqual(await finds(shown, byNumber('7', 'csirt.example', '2')), ['7-2'])
    assert.deepEqual(await finds(shown, byNumber('7', 'elsewhere.example')), [])
  })

  test('what happened in a span of time, even in part', async () => {
    const span = (from: string, to: string) => ({
      times: `<StartTime>2026-01-${from}T00:00:00Z</StartTime><EndTime>2026-01-${to}T00:00:00Z</EndTime>`,
    })
    const shown = {
      early: span('01', '05'),
      late: span('10', '20'),
      now: { times: '<DetectTime>2026-01-07T00:00:00Z</DetectTime>' },
    }
    assert.deepEqual(await finds(shown, query(span('04', '08'))), ['early', 'now'])
    const from = { times: '<StartTime>2026-01-06T00:00:00+02:00</StartTime>' }
    assert.deepEqual(await finds(shown, query(from)), ['late', 'now'])
    assert.deepEqual(await finds(shown, query({ times: '<DetectTime>2026-01-07T00:00:00Z</DetectTime>' })), ['now'])
  })

  test('what the gateway saw since then', async () => {
    // the bench begins at 2026-01-01, and each comes a second after the other
    const since = (time: string) => query({ times: `<ReportTime>${time}</ReportTime>` })
    const shown = { one: {}, two: {}, three: {} }
    assert.deepEqual(await finds(shown, since('2026-01-01T00:00:01Z')), ['two', 'three'])
    const until = '<AdditionalData name="taken-in-until" dtype="date-time">2026-01-01T00:00:01Z</AdditionalData>'
    const both = query({ times: '<ReportTime>2026-01-01T00:00:00Z</ReportTime>', content: until })
    assert.deepEqual(await finds(shown, both), ['one', 'two'])
  })

  test('an address in a net, a net around an address, and only in the part that is asked for', async () => {
    const shown = {
      host: { content: system(address('198.51.100.9'), 'source') },
      net: { content: system(address('198.51.0.0/16', 'ipv4-net'), 'target') },
      v6: { content: system(address('2001:db8::1', 'ipv6-addr')) },
      asn: { content: system(address('64496', 'asn')) },
    }
    const at = (value: string, category: string, part = '') =>
      query({ content: system(address(value, category), part) })
    assert.deepEqual(await finds(shown, at('198.51.100.0/24', 'ipv4-net')), ['host', 'net'])
    assert.deepEqual(await finds(shown, at('198.51.100.0/24', 'ipv4-net', 'source')), ['host'])
    assert.deepEqual(await finds(shown, at('198.51.7.7', 'ipv4-addr')), ['net'])
    assert.deepEqual(await finds(shown, at('2001:db8::/32', 'ipv6-net')), ['v6'])
    assert.deepEqual(await finds(shown, at('::/0', 'ipv6-net')), ['host', 'net', 'v6'])
    assert.deepEqual(await finds(shown, at('64496', 'asn')), ['asn'])
    assert.deepEqual(await finds(shown, at('203.0.113.0/24', 'ipv4-net')), [])
  })

  test('a domain, an asset, a port of its protocol, a hash in hex or base64', async () => {
    const domain = (name: string) =>
      system(`<DomainData system-status="unknown" domain-status="unknown"><Name>${name}</Name></DomainData>`)
    const service = (content: string, protocol = '6') =>
      system(address('192.0.2.1'), '', `<Service ip-protocol="${protocol}">${content}</Service>`)
    const bytes = Buffer.alloc(32, 7)
    const shown = {
      domain: { content: domain('Mail.EXAMPLE.') },
      asset: { content: system(address('192.0.2.2'), '', '<AssetID>Printer 7</AssetID>') },
      port: { content: service('<Port>22</Port>') },
      list: { content: service('<Portlist>1-1024</Portlist>', '17') },
      hash: { content: hash(bytes.toString('base64')) },
    }
    assert.deepEqual(await finds(shown, query({ content: domain('mail.example') })), ['domain'])
    const asset = system(
      `<DomainData system-status="unknown" domain-status="unknown"><Name>x.example</Name></DomainData>`,
      '',
      '<AssetID>printer  7</AssetID>',
    )
    assert.deepEqual(await finds(shown, query({ content: asset })), ['asset'])
    const port = (content: string) =>
      query({
        content: `<EventData><Flow><System><Node>${address('192.0.2.1')}</Node>${content}</System></Flow></EventData>`,
      })
    assert.deepEqual(await finds(shown, port('<Service ip-protocol="6"><Port>22</Port></Service>')), ['port'])
    assert.deepEqual(await finds(shown, port('<Service ip-protocol="17"><Port>53</Port></Service>')), ['list'])
    assert.deepEqual(await finds(shown, query({ content: hash(bytes.toString('hex').toUpperCase()) })), ['hash'])
  })

  test('a category or an impact, and what is at least as sure', async () => {
    const category = (word: string) => ({
      assessment: `<Assessment><IncidentCategory>${word}</IncidentCategory><SystemImpact type="unknown"/></Assessment>`,
    })
    const shown = {
      phishing: category('Phishing'),
      takeover: { assessment: impact('', 'takeover-system') },
      low: { assessment: confidence('low') },
      high: { assessment: confidence('high') },
      number: { assessment: confidence('numeric', '80') },
    }
    assert.deepEqual(await finds(shown, query(category('phishing'))), ['phishing'])
    assert.deepEqual(await finds(shown, query({ assessment: impact('', 'takeover-system') })), ['takeover'])
    assert.deepEqual(await finds(shown, query({ assessment: confidence('medium') })), ['high'])
    assert.deepEqual(await finds(shown, query({ assessment: confidence('low') })), ['low', 'high'])
    assert.deepEqual(await finds(shown, query({ assessment: confidence('numeric', '75.5') })), ['number'])
  })

  test('only what fits each of several conditions', async () => {
    const shown = {
      both: { content: system(address('198.51.100.9')), assessment: impact('', 'takeover-system') },
      one: { content: system(address('198.51.100.9')) },
    }
    assert.deepEqual(await finds(shown, query(shown.both)), ['both'])
  })

  test('by an IODEF 1 question as well, whose ReportTime says nothing', async () => {
    const old =
      `<IODEF-Document xmlns="${IODEF1}" version="1.00" lang="en"><Incident purpose="traceback"><IncidentID name="a">q</IncidentID>` +
      '<ReportTime>2026-06-01T00:00:00Z</ReportTime><Assessment><Impact type="unknown"/></Assessment><Contact role="creator" type="organization"/>' +
      `<EventData><Flow><System><Node>${address('198.51.100.9')}</Node></System></Flow></EventData></Incident></IODEF-Document>`
    const shown = { one: { content: system(address('198.51.100.9')) }, two: {} }
    assert.deepEqual(await finds(shown, ridText(old, { msgType: 'Query' })), ['one'])
  })
})

describe('the criteria of a Query', () => {
  const asked = (text: string) => criteriaOf(read(text))

  test('are the number that RIDPolicy names, and nothing of the document beside it', () => {
    const id = `<IncidentID xmlns="${IODEF1}" name="csirt.example">7</IncidentID>`
    const text = ridText(documentText([incident('q', { content: system(address('192.0.2.1')) })]), {
      msgType: 'Query',
      incidentId: id,
    })
    assert.deepEqual(asked(text), {
      kind: 'criteria',
      criteria: { terms: [[{ kind: 'incident', lo: 'csirt.example 7', hi: 'csirt.example 7' }]] },
    })
  })

  test('are none where there is nothing to be found by', () => {
    for (const text of [ridText(null, { msgType: 'Query' }), query({}), query({ assessment: impact('') })]) {
      assert.deepEqual(asked(text), { kind: 'denied', code: 'no-criterion', justification: 'CannotProcess' })
    }
  })

  test('are none in a format that is not read', () => {
    const text = ridText('<a xmlns="urn:x"/>', { msgType: 'Query' })
    assert.deepEqual(asked(text), { kind: 'denied', code: 'format', justification: 'UnrecognizedFormat' })
  })

  test('have at most 64 values', () => {
    const many = Array.from({ length: 100 }, (_, i) => system(address(`192.0.2.${i}`))).join('')
    const found = asked(query({ content: many }))
    assert.equal(found.kind === 'criteria' && found.criteria.terms[0]?.length, 64)
  })

  test('have times in ms', () => {
    const found = asked(query({ times: '<DetectTime>2026-01-02T00:00:00Z</DetectTime>' }))
    assert.deepEqual(found, { kind: 'criteria', criteria: { terms: [], detectedFrom: Date.UTC(2026, 0, 1) + DAY } })
  })
})
