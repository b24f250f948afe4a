/** What the texts of a new folder speak of. */
export interface Plan {
  /** DNS name of the gateway, of the XMPP domain, and of the first peer */
  readonly name: string
  readonly domain: string
  readonly peer: string
  /** what logs and the queue call that peer */
  readonly peerName: string
  readonly service: string
  readonly broker: 'prosody' | 'ejabberd'
  /** certificates are somebody else's to issue */
  readonly requests: boolean
}

const TOPIC = 'incident'

export function gatewayYaml({ name, domain, peer, peerName, service, broker }: Plan): string {
  // ejabberd counts its own form of the XML, which may have 1.6 times as many bytes, and takes 250,000
  const maxItem = broker === 'ejabberd' ? '\n  maxItem: 150KB' : ''
  // in quotes: YAML takes a name as 360 or true for a number or a flag
  return `# What each key means: docs/reference.md. After a change: iodef-gateway check --config gateway.yaml
rid:
  name: "${name}"
  tls: { cert: tls/rid.pem, key: tls/rid.key, ca: tls/peers-ca.pem }

peers:
  - name: "${peerName}"
    identity: { dns: "${peer}" }
    publish: [${TOPIC}]

grid:
  service: ${service}
  jid: gateway@${domain}
  auth: { password: { file: gateway.password } }
  tls: { ca: tls/grid-ca.pem }
  broker: pubsub.${domain}${maxItem}
  topics:
    - name: ${TOPIC}
      title: IODEF incident reports
      create: true
      members: []              # who may read it, as subscriber@${domain}
      # a report without a restriction counts as private, and is denied where that is not listed
      restrictions: [public, partner]

routes:
  - topic: ${TOPIC}

store: { path: data/gateway.db }
`
}

/** The Broker's configuration of examples/, for this domain. */
export function brokerConfiguration(example: string, domain: string): string {
  return example.replaceAll('grid.example', domain)
}

/** What brings certificate, configuration and account to the Broker, typed as root in the folder `controller`. */
export function brokerCommands({ broker, domain }: Plan): string {
  const password = '"$(cat ../gateway.password)"'
  return broker === 'prosody'
    ? `apt-get install -y prosody lua-dbi-sqlite3
install -m 644 ${domain}.crt /etc/prosody/certs/
install -m 640 -g prosody ${domain}.key /etc/prosody/certs/
install -m 644 prosody.cfg.lua /etc/prosody/conf.d/grid.cfg.lua
systemctl restart prosody
prosodyctl register gateway ${domain} ${password}
`
    : `apt-get install -y ejabberd
install -m 600 -o ejabberd ${domain}.pem /etc/ejabberd/
install -m 640 -g ejabberd ejabberd.yml /etc/ejabberd/
systemctl restart ejabberd
ejabberdctl register gateway ${domain} ${password}
`
}

/** What to send a partner. */
export function peerSheet({ name, peer, peerName, requests }: Plan): string {
  const files = requests
    ? `  your certificate   from the CA we agreed on; it names ${peer} (subjectAltName), for clients
  ca.pem             that CA's own certificate`
    : `  ${peerName}.pem, ${peerName}.key   your certificate and its key: keep the key secret, and send it by no mail
  ca.pem             the CA that our certificate comes from`
  const cert = requests ? 'your.pem' : `${peerName}.pem`
  const key = requests ? 'your.key' : `${peerName}.key`
  return `How to send incident reports to ${name}

  URL                https://${name}:4590/   (RID, RFC 6545 and RFC 6546)
  we know you by     the DNS name ${peer} in your certificate
${files}

Try it. This asks whether we are there, and answers 204:

  curl --cert ${cert} --key ${key} --cacert ca.pem -o /dev/null -w '%{http_code}\\n' https://${name}:4590/

This sends a report, an IODEF-Document of version 2 or 1, or a RID Report with one in it:

  curl --cert ${cert} --key ${key} --cacert ca.pem -H 'Content-Type: text/xml' --data-binary @report.xml https://${name}:4590/

AuthorizationStatus="Approved" in the answer: we have it on disk. "Denied": policy says no, most often because the Incident has no
restriction attribute, which makes it private; with ext-Justification="test" all is well, and you are under test: nothing is kept or
passed on until we agree that it is. 400: the body says line, column and reason. 503: send it again later.
`
}

/** The steps from here to a gateway that runs. */
export function readme({ broker, domain, name, peerName, requests }: Plan): string {
  const certificates = requests
    ? `1. Have tls/rid.csr signed by the CA that your peers trust, and put the certificate (with those between it and the CA) into tls/rid.pem,
   the CA of your peers' certificates into tls/peers-ca.pem. Have controller/${domain}.csr signed, put the certificate into
   controller/${domain}.crt, and its CA into tls/grid-ca.pem.`
    : `1. ca/ holds two private CAs, one for RID peers, one for the Controller. Whoever has their keys can be any peer: move ca/ to where
   the gateway is not, and keep it.`
  return `A gateway ${name} beside ${broker === 'prosody' ? 'Prosody' : 'ejabberd'}, made by iodef-gateway init

${certificates}
2. As root, on the Controller's machine, in controller/: sh commands.sh installs ${broker} with the configuration beside it, and makes the
   gateway's account. Read it first.
3. iodef-gateway check --config gateway.yaml --online
4. iodef-gateway start --config gateway.yaml
5. Send peers/${peerName}/ to your first partner, over a way that nobody reads. sheet.txt says what to do with it.
6. Subscribers: make each an account at the Controller, list it in members of the Topic in gateway.yaml, and start again.
`
}
