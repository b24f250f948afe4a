import { IQ_WORDS } from '../vocabulary.ts'
import * as f from './fields.ts'
import { iodefVersion, restrictions, secret } from './shared-keys.ts'

const topic = f.mapping({
  name: f.line.describe('XEP-0060 node'),
  title: f.line.exactOptional(),
  payload: f.oneOf(['xep-0268', 'iodef']).default('xep-0268').describe('shape of what is published'),
  iodef: iodefVersion.describe('version of IODEF that is published; 1: RFC 5070, with the whole document in it'),
  create: f.flag.prefault(false).describe('ours: created when absent, kept as configured'),
  access: f
    .oneOf(['open', 'presence', 'roster', 'authorize', 'whitelist'])
    .exactOptional()
    .describe('XEP-0060 access model that it is created with, whitelist by default, and must not be laxer than'),
  members: f.list(f.bareJid, 'bare JIDs').default([]).describe('who may read it, where create is set'),
  restrictions,
  from: f
    .oneOf(['now', 'retained'])
    .default('retained')
    .describe('what a new store begins with: all that the Topic keeps, or what comes from now on'),
  lenient: f.flag.prefault(false).describe('repair what its publishers get wrong, the examples of XEP-0268 among it'),
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
  jid: f.address.describe('bare JID, or the domain of a server that speaks for itself'),
  accept: f
    .list(f.oneOf(IQ_WORDS), 'inquiry, request, report')
    .default([])
    .describe('XEP-0268 IQs it may send without being asked'),
  query: f.list(f.line, 'Topics').default([]).describe('Topics that its inquiries may see'),
  restrictions,
  iodef: iodefVersion.describe(
    'the latest version of IODEF that it reads; 1: it is sent RFC 5070, with the whole document in it',
  ),
  lenient: f.flag.prefault(false).describe('repair what it gets wrong, the examples of XEP-0268 among it'),
})

/** What is under `grid` in the configuration. */
export const grid = f
  .mapping({
    service: f.xmppService.describe('the Controller: xmpp:// = STARTTLS (required), xmpps:// = direct TLS'),
    jid: f.bareJid,
    auth: f
      .mapping({
        password: secret('a password').exactOptional(),
        external: f.flag.exactOptional().describe('log in by the client certificate of grid.tls (SASL EXTERNAL)'),
        allowPlain: f.flag.exactOptional().describe('permit SASL PLAIN'),
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
    allowPlain: f.flag.exactOptional().describe('the same as auth.allowPlain'),
    tls: f
      .mapping({
        ca: f.file.exactOptional().describe('PEM: CAs that the Controller must be certified by [those of the system]'),
        crl: f.file.exactOptional().describe("PEM: revocation lists of all CAs above the Controller's certificate"),
        cert: f.file.exactOptional().describe('PEM: client certificate'),
        key: f.file.exactOptional().describe('PEM: its private key'),
        pin: f.pin.exactOptional().describe("SPKI pin of the Controller's certificate"),
      })
      .prefault({}),
    broker: f.domain.describe('the publish-subscribe service'),
    maxItem: f.size.prefault('250KB').describe('largest item the Broker takes'),
    topics: f.list(topic, 'Topics').default([]),
    redirects: f
      .list(f.address, 'JIDs')
      .default([])
      .describe('services that a Topic is followed to where its Broker says that it is there now'),
    resource: f.resource.prefault('iodef-gateway').describe('resource of its address, where IQs reach it'),
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
