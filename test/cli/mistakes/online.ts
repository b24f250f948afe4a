/** What is only seen at the other end: `check --online` tells it. Names in capitals stand for what the test started. */
export interface OnlineMistake {
  readonly name: string
  readonly swap: readonly [from: string | RegExp, to: string]
  readonly kind: 'problems' | 'warnings' | 'unreachable'
  readonly key: string
  readonly says: RegExp
}

export const ONLINE: readonly OnlineMistake[] = [
  {
    name: 'a wrong password',
    swap: ['gateway.password', 'wrong.password'],
    kind: 'problems',
    key: 'grid.auth.password',
    says: /refuses the login of gateway@grid\.example \(SCRAM-SHA-\d+\S*: not-authorized.*\): the password in .*wrong\.password is wrong, or there is no such account$/,
  },
  {
    name: 'an account that is not there',
    swap: ['jid: gateway@', 'jid: gatewya@'],
    kind: 'problems',
    key: 'grid.auth.password',
    says: /refuses the login of gatewya@grid\.example .*there is no such account$/,
  },
  {
    name: 'a domain that the Controller does not serve',
    swap: ['jid: gateway@grid.example', 'jid: gateway@gird.example'],
    kind: 'problems',
    key: 'grid.jid',
    says: /does not serve the domain gird\.example$/,
  },
  {
    name: 'the CA of somebody else',
    swap: ['ca: tls/grid-ca.pem', 'ca: tls/peers-ca.pem'],
    kind: 'problems',
    key: 'grid.tls.ca',
    says: /^the certificate of xmpp:\/\/.* does not come from a CA in it \(.*peers-ca\.pem\)$/,
  },
  {
    name: 'a wrong pin',
    swap: ['ca: tls/grid-ca.pem', 'ca: tls/grid-ca.pem, pin: "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="'],
    kind: 'problems',
    key: 'grid.tls.pin',
    says: /^Its key is not the pinned one: it shows sha256\/[A-Za-z0-9+/]{43}=\.$/,
  },
  {
    name: 'direct TLS on the port for STARTTLS',
    swap: ['service: xmpp:', 'service: xmpps:'],
    kind: 'problems',
    key: 'grid.service',
    says: /what comes is not TLS\. Is that a port for STARTTLS \(xmpp:\/\/, mostly 5222\)/i,
  },
  {
    name: 'a Controller that is not there',
    swap: [/service: .*/, 'service: xmpp://127.0.0.1:1'],
    kind: 'unreachable',
    key: 'grid.service',
    says: /^xmpp:\/\/127\.0\.0\.1:1 cannot be reached: Nothing listens there/,
  },
  {
    name: 'a Controller whose name is wrong',
    swap: [/service: .*/, 'service: xmpp://controller.invalid:5222'],
    kind: 'unreachable',
    key: 'grid.service',
    says: /^xmpp:\/\/controller\.invalid:5222 cannot be reached: (?:Its name is not known to DNS|DNS does not answer)/,
  },
  {
    name: 'a Broker that is not there',
    swap: ['broker: pubsub.grid.example', 'broker: pubsbu.grid.example'],
    kind: 'problems',
    key: 'grid.broker',
    says: /^pubsbu\.grid\.example cannot be used: .*\(did you mean "pubsub\.grid\.example"\?\)$/,
  },
  {
    name: 'the domain in place of the Broker',
    swap: ['broker: pubsub.grid.example', 'broker: grid.example'],
    kind: 'problems',
    key: 'grid.broker',
    says: /^grid\.example cannot be used: it is no publish-subscribe service \(did you mean "pubsub\.grid\.example"\?\)$/,
  },
  {
    name: 'a Topic that is not there',
    swap: [
      'name: incident\n      title: IODEF incident reports\n      create: true',
      'name: incident\n      create: false',
    ],
    kind: 'problems',
    key: 'grid.topics[0].name',
    says: /^"incident" does not exist at pubsub\.grid\.example: set create: true, or have it made/,
  },
  {
    name: 'an item larger than the Controller takes',
    swap: ['maxItem: 250KB', 'maxItem: 1MB'],
    kind: 'problems',
    key: 'grid.maxItem',
    says: /^the Controller (?:ends the stream at|takes) .*1000000 bytes.*raise its limit/,
  },
  {
    name: 'a port that another program has',
    swap: [/^( {2}port: )\d+/m, '$1TAKEN'],
    kind: 'problems',
    key: 'rid.port',
    says: /cannot be listened on: another program has the port: stop it, or choose another port$/,
  },
  {
    name: 'a peer that is not there',
    swap: [/url: .*/, 'url: https://localhost:1/'],
    kind: 'unreachable',
    key: 'peers[1].url',
    says: /^csirt-b, https:\/\/localhost:1\/: The peer cannot be reached: nothing listens there/,
  },
  {
    name: 'a peer whose certificate has another name',
    swap: [/url: .*/, 'url: STRANGER'],
    kind: 'problems',
    key: 'peers[1].url',
    says: /TLS handshake with the peer failed: its certificate is for DNS:stranger\.example, not for localhost$/,
  },
  {
    name: 'a peer that does not know the CA of our certificate',
    swap: [/url: .*/, 'url: DISTRUSTFUL'],
    kind: 'problems',
    key: 'peers[1].url',
    says: /does not take our certificate$/,
  },
  {
    name: 'a peer whose certificate comes from another CA',
    swap: [/url: .*/, 'url: FOREIGN'],
    kind: 'problems',
    key: 'peers[1].url',
    says: /TLS handshake with the peer failed: its certificate does not come from a CA in rid\.tls\.ca/,
  },
]
