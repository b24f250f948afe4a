import { additionalData, documentText, incidentText, ridText } from './documents.ts'

/**
 * Documents of about `size` characters that ask for more than they are worth: floods, and everything that once was quadratic
 * somewhere. None may take a reader long, at any size.
 */
const rep = (unit: string, size: number) => unit.repeat(Math.max(1, Math.floor(size / unit.length)))
const doc = (content: string) => documentText([incidentText({ content })])
const certificate = (base64: string) =>
  doc(
    '<EventData><Record><RecordData><CertificateData><Certificate><ds:X509Data xmlns:ds="http://www.w3.org/2000/09/xmldsig#">' +
      `<ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></Certificate></CertificateData></RecordData></Record></EventData>`,
  )
const SIGNATURE =
  '<ds:Signature><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="a"/><ds:SignatureMethod Algorithm="a"/><ds:Reference>' +
  '<ds:DigestMethod Algorithm="a"/><ds:DigestValue>aaaa</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>aaaa' +
  '</ds:SignatureValue></ds:Signature>'
const list = (n: number, each: (i: string) => string) => Array.from({ length: n }, (_, i) => each(i.toString(36)))
const XSI = 'xmlns:x="http://www.w3.org/2001/XMLSchema-instance"'

export const FLOODS: Readonly<Record<string, (size: number) => string>> = {
  'one long text': (n) => doc(additionalData(rep('word ', n), ' dtype="string"')),
  'a million empty elements': (n) => doc(additionalData(rep('<a/>', n))),
  'text between empty elements': (n) => doc(additionalData(rep('a<b/>', n))),
  '200 levels over and over': (n) => doc(additionalData(rep('<a>'.repeat(200) + '</a>'.repeat(200), n))),
  '100,000 levels': (n) => doc(additionalData('<a>'.repeat(n / 7) + '</a>'.repeat(n / 7))),
  'levels without end': (n) => doc(additionalData('<a>'.repeat(n / 3))),
  references: (n) => doc(additionalData(rep('&amp;', n))),
  'character references': (n) => doc(additionalData(rep('&#x41;', n))),
  'carriage returns': (n) => doc(additionalData(rep('&#13;', n))),
  'literal carriage returns': (n) => doc(additionalData(rep('\r', n))),
  'CDATA sections': (n) => doc(additionalData(rep('<![CDATA[]]>', n))),
  comments: (n) => doc(additionalData(rep('a<!---->', n))),
  'comments in a leaf': (n) => doc(`<EventData><Description>${rep('a<!---->', n)}</Description></EventData>`),
  'instructions in a leaf': (n) => doc(`<EventData><Description>${rep('a<?b?>', n)}</Description></EventData>`),
  'CDATA sections in a leaf': (n) =>
    doc(`<EventData><Description>${rep('a<![CDATA[]]>', n)}</Description></EventData>`),
  'a long leaf that ends in comments': (n) =>
    doc(`<EventData><Description>${rep('x', n / 2)}${rep('a<!---->', n / 2)}</Description></EventData>`),
  'comments in an identifier': (n) => documentText([incidentText({ id: rep('a<!---->', n) })]),
  '100,000 attributes': (n) => doc(additionalData(`<a ${list(n / 10, (i) => `a${i}=""`).join(' ')}/>`)),
  'attribute namespaces': (n) =>
    doc(additionalData(`<a ${list(n / 28, (i) => `xmlns:p${i}="u:${i}" p${i}:a=""`).join(' ')}/>`)),
  '30,000 declarations': (n) => doc(additionalData(`<a ${list(n / 20, (i) => `xmlns:p${i}="u:${i}"`).join(' ')}/>`)),
  '30,000 declarations on the RID message': (n) =>
    ridText(doc(''), { rootAttributes: list(n / 20, (i) => ` xmlns:p${i}="u:${i}"`).join('') }),
  'declarations around elements that override them': (n) =>
    doc(
      additionalData(
        `<a ${list(n / 56, (i) => `xmlns:p${i}="u:${i}" p${i}:a=""`).join(' ')}>${rep('<a p1:b=""/>', n / 2)}</a>`,
      ),
    ),
  'one long namespace name, used everywhere': (n) =>
    doc(additionalData(`<a xmlns:p="urn:${'x'.repeat(n / 2)}">${rep('<p:a/>', n / 2)}</a>`)),
  'a namespace name of 900 characters, used everywhere': (n) =>
    doc(additionalData(`<a xmlns:p="urn:${'x'.repeat(900)}">${rep('<p:a/>', n)}</a>`)),
  'the same for attributes': (n) =>
    doc(additionalData(`<a xmlns:p="urn:${'x'.repeat(900)}">${rep('<a p:a=""/>', n)}</a>`)),
  'long names': (n) => doc(additionalData(`<${'a'.repeat(40_000)}/>`.repeat(n / 40_000))),
  'long prefixes': (n) =>
    doc(additionalData(`<a xmlns:${'p'.repeat(40_000)}="u:a">${`<${'p'.repeat(40_000)}:a/>`.repeat(n / 40_000)}</a>`)),
  'very many Incidents': (n) => documentText(list(n / 250, (id) => incidentText({ id }))),
  'one Incident very many times': (n) => documentText(list(n / 250, () => incidentText())),
  'errors of the schema': (n) => documentText([rep('<Incident purpose="zz"/>', n)]),
  'unknown elements': (n) => doc(`<EventData>${rep('<x/>', n)}</EventData>`),
  'errors of namespaces': (n) => doc(additionalData(rep('<p:a/>', n))),
  'one identifier': (n) => doc(rep('<EventData observable-id="a"><Description>a</Description></EventData>', n)),
  'one identifier, and each in a line of its own': (n) => doc(rep('<EventData observable-id="a"/>\n', n)),
  'many identifiers': (n) =>
    doc(list(n / 70, (i) => `<EventData observable-id="a${i}"><Description>a</Description></EventData>`).join('')),
  'references to nowhere': (n) =>
    doc(
      `<IndicatorData>${list(n / 150, (i) => `<Indicator><IndicatorID name="a.b" version="1">i${i}</IndicatorID><ObservableReference uid-ref="x${i}"/></Indicator>`).join('')}</IndicatorData>`,
    ),
  'broken rules': (n) => doc(rep('<EventData/>', n)),
  restrictions: (n) => doc(rep('<EventData restriction="public"><Description>a</Description></EventData>', n)),
  'EventData in EventData': (n) =>
    doc(rep('<EventData><Description>a</Description>'.repeat(200) + '</EventData>'.repeat(200), n)),
  'a comment before': (n) => `<!--${rep('x\n', n)}-->${doc('')}`,
  'a comment of dashes': (n) => `<!--${rep('- ', n)}-->${doc('')}`,
  'comments before': (n) => rep('<!---->', n) + doc(''),
  'an instruction of question marks': (n) => `<?a ${rep('?', n)}?>${doc('')}`,
  'instructions before': (n) => rep('<?a?>', n) + doc(''),
  'a comment that does not end': (n) => `<!--${rep('x', n)}`,
  'white space before': (n) => ' '.repeat(n) + doc(''),
  'a DTD behind a comment': (n) => `<!--${rep('x\n', n)}--><!DOCTYPE a>`,
  'a long entity': (n) => `<!DOCTYPE a [<!ENTITY a "${'x'.repeat(n)}">]>${doc('')}`,
  'a long attribute': (n) => documentText([incidentText()], ` format-id="${'x'.repeat(n)}"`),
  'an attribute of quotes': (n) => documentText([incidentText()], ` format-id="${rep("'", n)}"`),
  'an attribute of tabs': (n) => documentText([incidentText()], ` format-id="${rep('&#9;', n)}"`),
  'a long IncidentID': (n) => documentText([incidentText({ id: 'x '.repeat(n / 2) })]),
  'an IncidentID of white space': (n) => documentText([incidentText({ id: `${' '.repeat(n)}x` })]),
  'a date of white space': (n) =>
    documentText([incidentText().replace('<GenerationTime>', `<GenerationTime>${' '.repeat(n)}`)]),
  'a year of digits': (n) =>
    documentText([incidentText().replace('<GenerationTime>2026', `<GenerationTime>${rep('9', n)}`)]),
  'a fraction of digits': (n) => documentText([incidentText().replace('00Z', `00.${rep('9', n)}Z`)]),
  'a restriction of white space': (n) =>
    documentText([incidentText({ attributes: ` restriction="${' '.repeat(n)}public"` })]),
  'a long purpose': (n) => documentText([incidentText({ purpose: 'x'.repeat(n) })]),
  'a long language': (n) => documentText([incidentText({ attributes: ` xml:lang="${rep('a-', n)}b"` })]),
  'a long name': (n) => doc(`<EventData observable-id="${'a'.repeat(n)}:"><Description>a</Description></EventData>`),
  'a long URL': (n) =>
    doc(`<EventData><Method><Reference><URL>http://a/${rep('a', n)}</URL></Reference></Method></EventData>`),
  'a long Portlist': (n) =>
    doc(
      '<EventData><Flow><System category="source"><Node><Address category="ipv4-addr">192.0.2.1</Address></Node><Service>' +
        `<Portlist>${rep('1,', n)}1</Portlist></Service></System></Flow></EventData>`,
    ),
  base64: (n) => certificate(rep('QUFB', n)),
  'base64 with white space': (n) => certificate(rep('Q U F B\n', n)),
  'what is nearly base64': (n) => certificate(`${rep('QUFB', n)}!`),
  'xsi:schemaLocation': (n) => doc(additionalData(rep(`<a ${XSI} x:schemaLocation="u:a b"/>`, n))),
  'one xsi:schemaLocation': (n) =>
    doc(additionalData(`<a ${XSI} x:schemaLocation="${list(n / 10, (i) => `u:${i} b`).join(' ')}"/>`)),
  'xsi:type': (n) =>
    doc(
      additionalData(`<b ${XSI} xmlns:s="http://www.w3.org/2001/XMLSchema">${rep('<a x:type="s:int">1</a>', n)}</b>`),
    ),
  'a signed document that takes its prefixes from around it': (n) =>
    ridText(
      `<i:IODEF-Document version="2.00">${incidentText({ content: additionalData(rep('<q:a/>', n) + SIGNATURE) }).replace(/<(\/?)([A-Z])/g, '<$1i:$2')}</i:IODEF-Document>`,
      {
        rootAttributes:
          ' xmlns:i="urn:ietf:params:xml:ns:iodef-2.0" xmlns:q="urn:q" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"',
      },
    ),
  'a signed document with declarations around and on it': (n) =>
    ridText(
      `<i:IODEF-Document version="2.00"${list(n / 40, (i) => ` xmlns:q${i}="u:${i}"`).join('')}>${incidentText({ content: additionalData(SIGNATURE) }).replace(/<(\/?)([A-Z])/g, '<$1i:$2')}</i:IODEF-Document>`,
      {
        rootAttributes: ` xmlns:i="urn:ietf:params:xml:ns:iodef-2.0" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"${list(n / 40, (i) => ` xmlns:p${i}="u:${i}"`).join('')}`,
      },
    ),
  'many Signatures that take their prefixes from around them': (n) =>
    ridText(doc(''), { rootAttributes: list(n / 40, (i) => ` xmlns:p${i}="u:${i}"`).join('') }).replace(
      '</ReportSchema>',
      `${list(n / 100, (i) => `<Signature dtype="xml"><p${i}:a/></Signature>`).join('')}</ReportSchema>`,
    ),
  'an original': (n) =>
    `<report xmlns="urn:xmpp:incident:2">${incidentText().replace('<Incident ', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" ')}` +
    `<context xmlns="urn:x-iodef-gateway:context:1"><original reason="characters">${Buffer.from(doc(additionalData(rep('<a/>', n * 0.7)))).toString('base64')}</original></context></report>`,
  'a list of items': (n) =>
    `<report xmlns="urn:xmpp:incident:2">${incidentText().replace('<Incident ', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" ')}` +
    `<context xmlns="urn:x-iodef-gateway:context:1" position="1" of="9" items="${rep(`${'0'.repeat(64)} `, n)}"/></report>`,
}
