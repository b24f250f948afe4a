import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Grid } from '../../src/grid/contract.ts'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import { untold } from '../../src/tell.ts'
import { consume, plan, sent, valid } from '../relay/journey.ts'
import type { Broker } from '../support/brokers.ts'
import { additionalData, documentText, incidentText, ridText } from '../support/documents.ts'
import { gridConfig, topicConfig } from '../support/grid-config.ts'
import { Recorder, until } from '../support/recorder.ts'
import { START } from '../support/start-broker.ts'

/** What is odd and yet valid, at a place where a document may hold a stranger's XML or text. */
const xml = (content: string) => documentText([incidentText({ content: additionalData(content) })])
const text = (content: string) => xml(`<t xmlns="urn:x">${content}</t>`)
const attribute = (value: string, more = '') => xml(`<t xmlns="urn:x" a="${value}"${more}/>`)
const nested = (depth: number) => '<d xmlns="urn:x">'.repeat(depth) + '</d>'.repeat(depth)
const repeated = (part: string, bytes: number) => part.repeat(Math.floor(bytes / Buffer.byteLength(part)))

const ODD: Readonly<Record<string, string>> = {
  'an attribute of 20 KB': attribute(repeated('x', 20_000)),
  'an attribute of 60 KB': attribute(repeated('é', 60_000)),
  'an attribute of 100 KB': attribute(repeated('é&quot;', 100_000)),
  'an attribute of 240 KB': attribute(repeated('x', 240_000)),
  'a name of 20 KB': xml(`<t${repeated('x', 20_000)} xmlns="urn:x"/>`),
  'a tab, a line feed and a carriage return in an attribute': attribute('a&#9;b&#10;c&#13;d'),
  'white space at the ends of an attribute': attribute('  a  b  '),
  'carriage returns in text': text('a&#13;b&#13;&#10;c'),
  'white space alone in text': text(' &#9;&#10; '),
  'white space between elements of a stranger': xml('<t xmlns="urn:x"> <u/>&#10;\t<v> </v> </t>'),
  'an empty element and one of two tags': xml('<t xmlns="urn:x"><u/><v></v></t>'),
  'as many levels as a document may have': xml(nested(114)),
  '5,000 empty elements': xml(`<t xmlns="urn:x">${'<u/>'.repeat(5_000)}</t>`),
  'C1 controls': text('\u0080\u0085\u009b\u009f'),
  delete: text('\u007f'),
  'the last characters of each plane': text('\ud7ff\ue000\ufffd\u{10000}\u{1ffff}\u{10ffff}\ufdd0'),
  'a byte order mark in text': text('a\ufeffb'),
  'a line separator': text('\u2028\u2029\u00a0\u3000'),
  'text beyond the BMP of 150 KB': text(repeated('𠮷😀', 150_000)),
  'text of 150 KB without a line': text(repeated('x', 150_000)),
  'many references': text('&amp;&lt;&gt;&quot;&apos;'.repeat(500)),
  'the end of a CDATA section': text(']]&gt; ]] &gt;'),
  'what looks like markup': text('&lt;/item&gt;&lt;iq&gt;&amp;amp;&amp;#13;'),
  'both quotes in an attribute': attribute("&quot;'&quot;"),
  'xml:lang': xml('<t xmlns="urn:x" xml:lang="ja"><u xml:lang=""/></t>'),
  'xml:space': xml('<t xmlns="urn:x" xml:space="preserve">  <u/>  </t>'),
  'xml:base and xml:id': xml('<t xmlns="urn:x" xml:base="http://x/" xml:id="q"/>'),
  'elements of jabber:client': xml('<message xmlns="jabber:client" to="a@b"><body>x</body></message>'),
  'elements of pubsub': xml(
    '<items xmlns="http://jabber.org/protocol/pubsub#event" node="incident"><item id="1"><a xmlns="urn:x"/></item><retract id="2"/></items>',
  ),
  'elements of streams': xml(
    '<stream:error xmlns:stream="http://etherx.jabber.org/streams"><x xmlns="urn:x"/></stream:error>',
  ),
  'elements of stanza errors': xml(
    '<error xmlns="jabber:client" type="cancel"><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>',
  ),
  'an element of no namespace': xml('<t xmlns=""><u a="1"/></t>'),
  'an element of no namespace below another': xml('<t xmlns="urn:x"><u xmlns=""/><v/></t>'),
  'an attribute of the namespace of its element': xml('<p:t xmlns:p="urn:x" p:a="1" a="2"/>'),
  'attributes of three namespaces': xml('<t xmlns="urn:x" xmlns:p="urn:p" xmlns:q="urn:q" p:a="1" q:a="2" a="3"/>'),
  'an attribute prefix that changes its meaning': xml(
    '<t xmlns="urn:x" xmlns:p="urn:p" p:a="1"><u xmlns:p="urn:q" p:a="2"><v xmlns:p="urn:p" p:a="3"/></u><w p:a="4"/></t>',
  ),
  'prefixes that Brokers make themselves': xml(
    '<ns1:t xmlns:ns1="urn:1" xmlns:ns2="urn:2" ns2:a="1" ns1:a="2"><ns2:u xmlns:ns1="urn:3" ns1:b="x"/></ns1:t>',
  ),
  'an attribute of jabber:client': xml('<t xmlns="urn:x" xmlns:c="jabber:client" c:to="x"/>'),
  'an attribute of the context': xml('<t xmlns="urn:x" xmlns:c="urn:x-iodef-gateway:context:1" c:items="x"/>'),
  'a namespace with odd characters for elements': xml('<t xmlns="urn:x&amp;z\'%20"/>'),
  'a namespace with odd characters for attributes': xml(
    '<t xmlns="urn:x" xmlns:p="urn:p:%20?a=b;c(d)!*,~@#f" p:a="1"/>',
  ),
  'namespaces that are no URIs': xml(
    '<t xmlns="C:\\schemas\\x.xsd"><u xmlns="urn:with space"/><v xmlns="http://x/é" xmlns:p="C:\\p.xsd" p:a="1"/></t>',
  ),
  'a namespace that is no URI and is not used': documentText([incidentText({ id: 'unused' })], ' xmlns:u="a b\\c"'),
  'a namespace of one character': xml('<t xmlns="x" xmlns:p="y" p:a="1"/>'),
  'names in other scripts': xml('<インシデント xmlns="urn:x" 属性="値"><été·x/></インシデント>'),
  'names with dots, dashes and digits': xml('<_a.b-1 xmlns="urn:x" -="1"/>'.replace(' -=', ' _-.=')),
  'names like those of an object': xml(
    '<constructor xmlns="urn:x" __proto__="1" constructor="2" toString="3"><__proto__/><hasOwnProperty/></constructor>',
  ),
  'attributes that a stanza has': xml('<t xmlns="urn:x" id="1" to="a" from="b" type="error" node="n" xmlnsx="y"/>'),
  '300 attributes': xml(`<t xmlns="urn:x"${Array.from({ length: 300 }, (_, i) => ` a${i}="${i}"`).join('')}/>`),
  '5,000 attributes': xml(`<t xmlns="urn:x"${Array.from({ length: 5_000 }, (_, i) => ` a${i}="${i}"`).join('')}/>`),
  'an XEP-0268 element inside': xml(
    `<report xmlns="urn:xmpp:incident:2">${incidentText().replace('<Incident', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"')}</report>`,
  ),
  'a JID': xml('<jid xmlns="urn:xmpp:jid:0">a@b.example</jid>'),
  'a RID message inside': xml(ridText(null).replace(/^<\?.*?>/, '')),
  'mixed content': xml('<t xmlns="urn:x">a<u/>b<u>c</u>d<!-- x -->e<?y?>f<![CDATA[<g>]]>h</t>'),
  'a description of white space': documentText([
    incidentText({ content: '<EventData><Description> </Description></EventData>' }),
  ]),
  'a description of nothing': documentText([
    incidentText({ content: '<EventData><Description></Description></EventData>' }),
  ]),
  'an identifier of white space': documentText([incidentText({ id: ' a  b ' })]),
  'xsi:type with a prefix': xml(
    '<t xmlns="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type="xs:string"/>',
  ),
  'xsi:nil': xml('<t xmlns="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'),
  'prefixes in text': xml('<t xmlns="urn:x" xmlns:q="urn:q">q:name</t>'),
  'three Incidents, one odd': documentText([
    incidentText({ id: 'three' }),
    incidentText({ id: 'odd', content: additionalData('<t xmlns="urn:x" a="&#10;">&#13;</t>') }),
    incidentText({ id: 'last' }),
  ]),
  'an odd shell': documentText(
    [incidentText({ id: 'shell' })],
    ' xml:lang="ja"',
    additionalData('<t xmlns="" a="&#9;">&#13;</t>'),
  ),
}

const never = new AbortController().signal

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`odd documents through a real ${kind}`, { timeout: 180_000 }, () => {
    let broker: Broker
    let grid: Grid
    const recorder = new Recorder()
    const topic = topicConfig({ name: 'odd' })
    const begin = async (handlers: Recorder) => {
      const config = gridConfig(broker, { topics: [topic] })
      const own = createXmppGrid({ config, consume: ['odd'], handlers, tell: untold })
      own.start()
      await own.whenUp(AbortSignal.timeout(30_000))
      return own
    }
    const published = new Map<string, readonly string[]>()

    before(async () => {
      broker = await START[kind]({ stanzaLimit: 10_000_000 })
      grid = await begin(recorder)
    })
    after(async () => {
      await grid[Symbol.asyncDispose]()
      await broker.dispose()
    })

    for (const [name, document] of Object.entries(ODD)) {
      test(name, async () => {
        const posted = valid(ridText(document))
        const made = plan(posted)
        assert.ok(made.kind === 'publish', JSON.stringify(made))
        const ids = made.publications.map(({ item }) => item.id)
        for (const { item } of made.publications) {
          assert.deepEqual(await grid.publish('odd', item.id, item.xml, never), { kind: 'delivered' })
        }
        await until(() => ids.every((id) => recorder.ids().includes(id)), 'the items')
        published.set(name, ids)
        await comesBack(recorder, posted.document.digest, ids)
      })
    }

    test('all of them, read later', async () => {
      const late = new Recorder()
      await using _again = await begin(late)
      await until(() => [...published.values()].flat().every((id) => late.ids().includes(id)), 'the retained items')
      for (const [name, ids] of published) {
        await comesBack(late, valid(ridText(ODD[name] ?? '')).document.digest, ids).catch((error: unknown) => {
          throw new Error(name, { cause: error })
        })
      }
    })
  })
}

async function comesBack(recorder: Recorder, digest: string, ids: readonly string[]): Promise<void> {
  const items = ids.map((id) => consume(recorder.received.findLast((item) => item.id === id)?.xml ?? ''))
  assert.deepEqual(
    items.map(({ item }) => item),
    ids,
  )
  assert.equal(valid(await sent(items)).document.digest, digest)
}
