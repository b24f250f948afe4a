/** Namespace names used on either side of the gateway. */
export const NS = {
  iodef2: 'urn:ietf:params:xml:ns:iodef-2.0',
  iodef1: 'urn:ietf:params:xml:ns:iodef-1.0',
  rid: 'urn:ietf:params:xml:ns:iodef-rid-2.0',
  enum: 'urn:ietf:params:xml:ns:iodef-enum-1.0',
  sci: 'urn:ietf:params:xml:ns:iodef-sci-1.0',
  ds: 'http://www.w3.org/2000/09/xmldsig#',
  xml: 'http://www.w3.org/XML/1998/namespace',
  xs: 'http://www.w3.org/2001/XMLSchema',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
  /** XEP-0268 */
  incident: 'urn:xmpp:incident:2',
  jid: 'urn:xmpp:jid:0',
  /** our extension child of an XEP-0268 element: docs/grid-profile.md */
  context: 'urn:x-iodef-gateway:context:1',
  /** XEP-0447, XEP-0446, XEP-0448, XEP-0300, XEP-0103: a file beside an item */
  fileSharing: 'urn:xmpp:sfs:0',
  fileMetadata: 'urn:xmpp:file:metadata:0',
  encryptedFile: 'urn:xmpp:esfs:0',
  hashes: 'urn:xmpp:hashes:2',
  urlData: 'http://jabber.org/protocol/url-data',
} as const
