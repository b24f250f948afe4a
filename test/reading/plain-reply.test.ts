import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readPlainReply } from '../../src/reading/plain-reply.ts'
import { readReply } from '../../src/reading/read-reply.ts'
import { policyOf, renderAcknowledgement } from '../../src/rid/message.ts'
import { nodeOf } from '../../src/rid/node.ts'
import { type Chance, runs, withChance } from '../support/arbitraries.ts'
import { acknowledgement } from '../support/rid-peer.ts'

const to = (name: string | undefined, address: string | undefined) => nodeOf({ name, address })
const policy = (node: string, id: string | null) =>
  policyOf(
    'Acknowledgement',
    'PeerToPeer',
    'Attack',
    node,
    id === null ? null : { name: 'csirt.example', instance: null, id },
  )

const RSA =
  '<?xml version="1.0" encoding="UTF-8"?><iodef-rid:RID xmlns:iodef-rid="urn:ietf:params:xml:ns:iodef-rid-2.0" xmlns:iodef="urn:ietf:params:xml:ns:iodef-1.42" lang="en">' +
  '<iodef-rid:RIDPolicy MsgType="Acknowledgment" MsgDestination="RIDSystem"><iodef-rid:PolicyRegion region="IntraConsortium"/>' +
  '<iodef:Node><iodef:NodeName>N/A</iodef:NodeName></iodef:Node><iodef-rid:TrafficType type="Other"/></iodef-rid:RIDPolicy>' +
  '<iodef-rid:RequestStatus AuthorizationStatus="Pending"/></iodef-rid:RID>'

/** RFC 6545 §7 in its manner, over many lines */
const PRINTED = `<iodef-rid:RID lang="en" xmlns:iodef-rid="urn:ietf:params:xml:ns:iodef-rid-2.0"\x20xmlns:iodef="urn:ietf:params:xml:ns:iodef-1.0">
  <iodef-rid:RIDPolicy MsgType="Acknowledgement" MsgDestination="RIDSystem">
    <iodef-rid:PolicyRegion region="PeerToPeer"/>
    <iodef:Node>
      <iodef:Address category="ipv4-addr">192.0.2.1</iodef:Address>
    </iodef:Node>
    <iodef-rid:TrafficType type="Attack"/>
    <iodef:IncidentID name="CERT-OF-ONE-DOMAIN">
      CERT-OF-ONE-DOMAIN#1
    </iodef:IncidentID>
  </iodef-rid:RIDPolicy>
  <iodef-rid:RequestStatus AuthorizationStatus="Approved"/>
</iodef-rid:RID>
`

const KNOWN: readonly [name: string, text: string][] = [
  ['ours: Approved', renderAcknowledgement(policy(to('a.example', '192.0.2.1'), '7'), 'Approved')],
  ['ours: Pending', renderAcknowledgement(policy(to(undefined, '2001:db8::1'), null), 'Pending')],
  ['ours: Denied', renderAcknowledgement(policy(to('a.example', undefined), '7'), { denied: 'CannotProcess' })],
  ['ours: Denied as a test', renderAcknowledgement(policy(to('a.example', undefined), '7'), { denied: 'test' })],
  ['the RSA agent', RSA],
  ['as RFC 6545 prints it', PRINTED],
  ['with another prefix', acknowledgement('Denied', 'Other')],
]

test('an Acknowledgement in a form that is known is judged without being parsed', () => {
  for (const [name, text] of KNOWN) {
    const bytes = Buffer.from(text)
    const plain = readPlainReply(bytes)
    assert.notEqual(plain, undefined, name)
    assert.deepEqual(plain, readReply(bytes), name)
  }
})

test('nothing but the whole text in a known form is judged in place', () => {
  const [, ours] = KNOWN[0] ?? ['', '']
  const odd: readonly [string, Buffer, string?][] = [
    ['a second root', Buffer.from(`${ours}<x/>`)],
    ['a comment in front', Buffer.from(`<!---->${ours}`)],
    ['a status in another place', Buffer.from(ours.replace('Approved', 'Denied').replace('</RID>', '<x/></RID>'))],
    ['UTF-16', Buffer.from(ours, 'utf16le'), 'utf-16'],
    ['an encoding that is not looked at', Buffer.from(ours), 'utf-7'],
    ['an entity', Buffer.from(ours.replace('a.example', 'a&amp;b'))],
    ['tags that do not match', Buffer.from(ours.replace('</RIDPolicy>', '</RIDpolicy>'))],
    ['a byte above ASCII', Buffer.from(ours.replace('a.example', '\u00fc'))],
    ['a form feed', Buffer.from(ours.replace('>7<', '>7\f<'))],
    ['half a character', Buffer.from(ours.replace('>7<', '>7\xa0<'), 'latin1')],
    ['a name that is Unicode', Buffer.from(ours.replace('RIDPolicy', 'RIDPolic\u0443'))],
    ['white space in front', Buffer.from(` ${ours}`)],
    [
      'two statuses',
      Buffer.from(ours.replace('</RequestStatus>', '</RequestStatus><RequestStatus AuthorizationStatus="Denied"/>')),
    ],
    ['an attribute twice', Buffer.from(ours.replace(' lang="en"', ' lang="en" lang="en"'))],
    ['longer than any', Buffer.from(ours.replace('a.example', 'a'.repeat(2_048)))],
  ]
  for (const [name, bytes, charset] of odd) assert.equal(readPlainReply(bytes, charset), undefined, name)
})

const PIECES = [
  ...[
    '<',
    '>',
    '/',
    '"',
    "'",
    '&',
    '&amp;',
    ' ',
    '\n',
    '=',
    'x',
    'Denied',
    'Approved',
    ']]>',
    '<x/>',
    '\u00fc',
    '\0',
    '\f',
  ],
  ...['<!--', '-->', '<?a?>', 'xmlns', ' lang="en"', ' xmlns:iodef="urn:x"', '<![CDATA[', 'Acknowledgement', '\ufeff'],
] as [string, ...string[]]

/** A known reply with a few pieces put in, cut out, or taken from another. */
function mangled(chance: Chance): string {
  const [first, ...others] = KNOWN.map(([, text]) => text)
  let text = chance.pick([first ?? '', ...others])
  for (let edits = chance.int(3); edits > 0; edits -= 1) {
    const at = chance.int(text.length)
    const behind = chance.once(2) ? at : Math.min(text.length, at + chance.int(12))
    const tags = text.match(/<[^>]*>/g) ?? ['']
    const piece = chance.once(3) ? (tags[chance.int(tags.length - 1)] ?? '') : chance.pick(PIECES)
    text = text.slice(0, at) + (chance.once(4) ? '' : piece) + text.slice(behind)
  }
  return text
}

test('what is judged in place is what reading it as XML says, whatever is wrong with it', () => {
  let judged = 0
  const property = fc.property(withChance(mangled), (text) => {
    const bytes = Buffer.from(text)
    const plain = readPlainReply(bytes)
    if (plain === undefined) return
    judged += 1
    assert.deepEqual(plain, readReply(bytes))
  })
  fc.assert(property, runs(1_500))
  assert.ok(judged > 100, `${judged} judged in place`)
})
