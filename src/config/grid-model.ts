import { IQ_WORDS } from '../vocabulary.ts'
import * as f from './fields.ts'
import { iodefVersion, restrictions, secret } from './shared-keys.ts'

const topic = f.mapping({
  name: f.line.describe('the XEP-0060 node'),
  title: f.line.exactOptional().describe('set where create is'),
  payload: f
    .oneOf(['xep-0268', 'iodef'])
    .default('xep-0268')
    .describe('shape of what is published: XEP-0268 around each Incident, or the bare document'),
  iodef: iodefVersion.describe('version of IODEF that is published; 1: RFC 5070, with the whole document in it'),
  create: f.flag
    .prefault(false)
    .describe("the gateway's own: created when it is absent, kept as configured, refused when somebody else owns it"),
  access: f
    .oneOf(['open', 'presence', 'roster', 'authorize', 'whitelist'])
    .exactOptional()
    .describe(
      'XEP-0060 access model that it is created with, and must not be laxer than [whitelist, where create is set]',
    ),
  members: f
    .list(f.bareJid, 'bare JIDs')
    .default([])
    .describe('who may subscribe and read, where create is set: whoever else could is taken out'),
  restrictions,
  from: f
    .oneOf(['now', 'retained'])
    .default('retained')
    .describe(
      'what a store begins with that knows nothing of it: all that the Broker keeps (retained), or what comes from now on',
    ),
  lenient: f.flag
    .prefault(false)
    .describe("repair items that are not valid, those in the manner of XEP-0268's examples among them"),
  query: f
    .list(f.line, 'Topics')
    .exactOptional()
    .describe('Topics that questions on it may see, and so everybody who reads it [itself]'),
  large: f
    .oneOf(['refuse', 'upload'])
    .default('refuse')
    .describe(
      'what becomes of an item over grid.maxItem: refuse (413), or upload (a file, XEP-0363, and a stub that names it)',
    ),
})

const participant = f.mapping({
  jid: f.address.describe('its bare JID, whatever its resource, or the domain of a server that speaks for itself'),
  accept: f
    .list(f.oneOf(IQ_WORDS), 'inquiry, request, report')
    .default([])
    .describe('XEP-0268 IQs that it may send without being asked: inquiry is a Query, request an InvestigationRequest'),
  query: f.list(f.line, 'Topics').default([]).describe('Topics that its inquiries may see'),
  restrictions,
  iodef: iodefVersion.describe(
    'the latest version of IODEF that it reads; 1: it is sent RFC 5070, with the whole document in it',
  ),
  lenient: f.flag
    .prefault(false)
    .describe("repair what it sends and is not valid, what is in the manner of XEP-0268's examples among it"),
})

/** What is under `grid` in the configuration. */
export const grid = f
  .mapping({
    service: f.controller.describe(
      'the Controller: xmpp:// = STARTTLS (required), xmpps:// = direct TLS; a list: another is tried at once where one is away; srv: as the SRV records of the domain of jid say',
    ),
    jid: f.bareJid.describe("the gateway's account; a domain may be written with A-labels (xn--)"),
    auth: f
      .mapping({
        password: secret('a password')
          .exactOptional()
          .describe('never the password itself; the file is read at every login'),
        external: f.flag
          .exactOptional()
          .describe('log in by the certificate in grid.tls instead (SASL EXTERNAL) [false]'),
        allowPlain: f.flag
          .exactOptional()
          .describe('permit SASL PLAIN; without it SCRAM alone, the strongest that the server has [false]'),
      })
      .refine(
        (auth) => (auth.password !== undefined) !== (auth.external === true),
        'needs either password or external: true',
      )
      .meta({
        oneOf: [
          { required: ['password'], properties: { external: { not: { const: true } } } },
          { required: ['external'], properties: { external: { not: { const: false } }, password: false } },
        ],
      }),
    allowPlain: f.flag.exactOptional().describe('the same as grid.auth.allowPlain'),
    tls: f
      .mapping({
        ca: f.file.exactOptional().describe("PEM: CAs of the Controller's certificate, and no others [the system's]"),
        crl: f.file.exactOptional().describe("PEM: revocation lists of all CAs above the Controller's certificate"),
        cert: f.file.exactOptional().describe('PEM: client certificate'),
        key: f.file.exactOptional().describe('PEM: its private key'),
        pin: f.pin.exactOptional().describe("SHA-256 of the Controller's public key: it must be that one"),
      })
      .prefault({}),
    broker: f.domain.describe('address of the publish-subscribe service'),
    maxItem: f.size
      .prefault('250KB')
      .describe(
        'largest item that the Broker takes; reports with larger ones are answered 413, but for Topics with large: upload',
      ),
    topics: f.list(topic, 'Topics').default([]),
    redirects: f
      .list(f.address, 'JIDs')
      .default([])
      .describe(
        'services that a Topic is followed to where its Broker says that it is there now (XEP-0060 section 6.1.3.11)',
      ),
    resource: f.resource
      .prefault('iodef-gateway')
      .describe("resource of the gateway's address, where IQs reach it; two gateways on one account need two"),
    participants: f
      .list(participant, 'participants')
      .default([])
      .describe('who may ask it, or report to it, by IQ (XEP-0268)'),
    upload: f
      .mapping({
        service: f.domain.exactOptional().describe('the upload service (XEP-0363) [the one the Controller names]'),
        hosts: f
          .list(f.uploadHost, 'hosts')
          .default([])
          .describe(
            'HOST or HOST:PORT that files may be put to and fetched from; an address or network here permits a private one of theirs',
          ),
        ca: f.file.exactOptional().describe('PEM: CAs that those hosts must be certified by [grid.tls.ca]'),
      })
      .prefault({})
      .describe('files beside items that are too large for the Broker'),
  })
  .describe('the XMPP-Grid (RFC 8600)')
