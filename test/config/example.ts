/** A configuration with every key, as a starting point for tests that break one thing. */
export const FULL = `
rid:
  host: 0.0.0.0
  port: 4590
  name: gateway.example
  tls: { cert: rid.pem, key: rid.key, ca: peers-ca.pem, crl: peers.crl }
  basic: true
  anonymous: false
  addresses: [203.0.113.5, "2001:db8::5"]
  maxMessage: 1MiB
  limits: { requests: 120000, bytes: 6000MiB, connections: 64, handshakes: 256 }
  proxyProtocol: true
  proxies: [10.0.0.5, "2001:db8:1::/64"]
peers:
  - name: csirt-a
    identity: { dns: csirt-a.example, basic: { user: csirt-a, password: { file: csirt-a.hash } }, anonymous: false }
    basic: { user: gateway, password: { file: csirt-a.password } }
    accept: [Report]
    publish: [incident]
    url: https://csirt-a.example:4590/
    topics: [incident]
    send: [Report]
    restrictions: [public, partner]
    query: []
    callback: source
    interim: true
    iodef: 1
    policy: { region: PeerToPeer, traffic: Attack }
    strict: false
    lenient: false
    test: true
    replies: strict
    limits: { requests: 600, bytes: 100MiB, connections: 8 }
grid:
  service: xmpp://controller.example:5222
  jid: gateway@grid.example
  auth: { password: { file: gateway.password } }
  tls: { ca: grid-ca.pem, crl: grid.crl, cert: gw.pem, key: gw.key, pin: "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  broker: pubsub.grid.example
  maxItem: 250KB
  topics:
    - name: incident
      title: IODEF incident reports
      payload: xep-0268
      iodef: 1
      create: true
      access: whitelist
      members: [subscriber@grid.example]
      restrictions: [public, partner]
      from: now
      lenient: false
      query: [incident]
      large: refuse
  redirects: [pubsub.other.example]
  resource: iodef-gateway
  participants:
    - jid: soc@grid.example
      accept: [inquiry, request, report]
      query: [incident]
      restrictions: [public, partner]
      iodef: 2
      lenient: false
  upload: { service: upload.grid.example, hosts: [upload.grid.example, "127.0.0.1"], ca: upload-ca.pem }
routes:
  - match:
      { peer: [csirt-a], purpose: [reporting], type: [Report], region: [PeerToPeer], traffic: [Attack], destination: [RIDSystem], node: [gateway.example], incident: [csirt-a.example] }
    topic: incident
  - match: { peer: [csirt-a], type: [Query] }
    ask: [archive]
  - match: { jid: [soc@grid.example], type: [Report] }
    topic: incident
    peers: [csirt-a]
  - match: { jid: [soc@grid.example], type: [InvestigationRequest] }
    ask: [held]
store: { path: ./data/gateway.db }
ops: { host: 127.0.0.1, port: 9590, token: { file: ops.token } }
log: { level: info, levels: { messages: info, deliveries: info, questions: info, rid: debug, grid: warn, process: info } }
exchanges: { hold: 25s, holdIq: 10s, pending: 2m, expireQuery: 1d, expireRequest: 30d, reports: 5, results: 50, open: 20, rate: 60 }
archive: { keep: 30d }
audit: { path: ./audit/audit.jsonl, size: 16MiB, keep: 64 }
delivery: { maxAge: 3d, concurrency: 4, maxQueue: 100000 }
`

/** Only what has no default. */
export const LEAST = `
rid: { name: gateway.example, tls: { cert: a.pem, key: a.key, ca: ca.pem } }
grid:
  service: xmpp://controller.example
  jid: gateway@grid.example
  auth: { password: { file: password } }
  broker: pubsub.grid.example
store: { path: gateway.db }
`
