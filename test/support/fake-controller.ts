import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import { Framer } from '../../src/grid/xmpp/framer.ts'
import type { Certificate } from './pki.ts'

/** A question as the fake sees it. */
export interface FakeIq {
  readonly id: string
  readonly type: string
  readonly to: string
  /** the whole stanza */
  readonly xml: string
}

export interface FakeScript {
  readonly certificate: Pick<Certificate, 'cert' | 'key'>
  /** asks for a client certificate of this CA */
  readonly clientCa?: string
  /** direct TLS instead of STARTTLS */
  readonly direct?: boolean
  /** hidden: not offered, and done; injected: plain text behind <proceed/> [offered] */
  readonly starttls?: 'offered' | 'hidden' | 'absent' | 'refused' | 'injected'
  /** of TLS 1.2, instead of what OpenSSL has */
  readonly ciphers?: string
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  /** [SCRAM-SHA-256, PLAIN] */
  readonly mechanisms?: readonly string[]
  readonly password?: string
  /** what the server does wrong in SCRAM */
  readonly scram?:
    | 'wrong-signature'
    | 'no-signature'
    | 'foreign-nonce'
    | 'same-nonce'
    | 'few-iterations'
    | 'many-iterations'
  /** <failure> with this condition instead of a login */
  readonly failure?: string
  /** behind it */
  readonly failureText?: string
  /** says nothing more from this point on */
  readonly stallAt?: 'connect' | 'header' | 'tls' | 'auth' | 'bind'
  /** bytes per write, so that characters are cut; 0: as they come */
  readonly chunk?: number
  /** more stream features, in the clear and inside TLS */
  readonly features?: string
  /** of the stream header, in the place of the usual ones; undefined: left out */
  readonly header?: {
    readonly from?: string | undefined
    readonly version?: string | undefined
    readonly xmlns?: string
  }
  /** more features of the stream that may bind */
  readonly boundFeatures?: string
  /** a stream error in the place of the features, in the clear, inside TLS or behind the login */
  readonly streamError?: { readonly at: 'clear' | 'tls' | 'login'; readonly xml: string }
  /** what is said behind the client's closing tag, before the line closes [nothing] */
  readonly farewell?: string
  /** keeps nothing of what clients say: of a million stanzas it would be more than a string can hold */
  readonly forgets?: true
  /** Answers a question: XML of the whole stanza, '' for none, undefined for the usual answer. */
  readonly onIq?: (iq: FakeIq) => string | undefined
}

export interface FakeController extends AsyncDisposable {
  readonly service: string
  /** everything clients said, in the clear and inside TLS */
  readonly clear: string
  readonly secure: string
  /** connections accepted so far, and logins that came through */
  readonly connections: number
  readonly logins: number
  /** the full JID of the last bound client */
  readonly client: string
  /** TLS server name asked for */
  readonly servername: string
  /** version of TLS of the last connection */
  readonly protocol: string
  /** Writes to the last client. */
  send(xml: string): Promise<void>
  /** Answers nothing from now on, keeps the connection. */
  freeze(): void
  /** Closes all connections without a word. */
  drop(): void
  script: FakeScript
}

export const FAKE_DOMAIN = 'grid.example'
const BROKER = `pubsub.${FAKE_DOMAIN}`

/** A Controller that fails by script. */
export async function startFakeController(script: FakeScript): Promise<FakeController> {
  const state = { clear: '', secure: '', connections: 0, logins: 0, client: '', servername: '', protocol: '' }
  const raw = new Set<Socket>()
  let current: Connection | undefined
  let frozen = false
  const fake: FakeController = {
    get service() {
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('not listening')
      return `${script.direct ? 'xmpps' : 'xmpp'}://127.0.0.1:${address.port}`
    },
    get clear() {
      return state.clear
    },
    get secure() {
      return state.secure
    },
    get connections() {
      return state.connections
    },
    get logins() {
      return state.logins
    },
    get client() {
      return state.client
    },
    get servername() {
      return state.servername
    },
    get protocol() {
      return state.protocol
    },
    script,
    async send(xml) {
      await current?.write(xml)
    },
    freeze() {
      frozen = true
    },
    drop() {
      for (const socket of raw) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of raw) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const accept = (socket: Socket) => {
    raw.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => raw.delete(socket))
    state.connections += 1
    if (fake.script.stallAt === 'connect') return
    const connection: Connection = new Connection(socket, fake, state, {
      frozen: () => frozen,
      opened: () => {
        current = connection
      },
    })
    current ??= connection
  }
  const server = script.direct
    ? createTlsServer(tlsSettings(script), (socket) => {
        state.servername = servernameOf(socket)
        accept(socket)
      })
    : createServer(accept)
  if (script.direct) server.on('connection', (socket: Socket) => raw.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return fake
}

interface FakeState {
  clear: string
  secure: string
  logins: number
  client: string
  servername: string
  protocol: string
}

class Connection {
  readonly #fake: FakeController
  readonly #state: FakeState
  readonly #frozen: () => boolean
  readonly #opened: () => void
  /** whoever it is speaks XMPP */
  #isOpen = false
  #socket: Socket
  #framer: Framer
  #authenticated = false
  #secure: boolean
  #scram: ServerScram | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(
    socket: Socket,
    fake: FakeController,
    state: FakeState,
    { frozen, opened }: { readonly frozen: () => boolean; readonly opened: () => void },
  ) {
    this.#fake = fake
    this.#state = state
    this.#frozen = frozen
    this.#opened = opened
    this.#secure = fake.script.direct ?? false
    this.#socket = socket
    this.#framer = this.#newFramer()
    this.#listen(socket)
  }

  write(xml: string): Promise<void> {
    const bytes = Buffer.from(xml)
    const size = this.#fake.script.chunk || bytes.length
    this.#writing = this.#writing.then(async () => {
      for (let i = 0; i < bytes.length; i += size) {
        if (this.#socket.destroyed) return
        this.#socket.write(bytes.subarray(i, i + size))
        if (size < bytes.length) await wait(1)
      }
    })
    return this.#writing
  }

  #say(xml: string): void {
    if (!this.#frozen()) void this.write(xml)
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.toString('utf8')
      if (!this.#fake.script.forgets) this.#state[this.#secure ? 'secure' : 'clear'] += text
      if (!this.#frozen()) this.#read(socket, text)
    })
    socket.on('error', () => {})
  }

  /** Ports are given again: whoever speaks something else means who was at this one before. */
  #read(socket: Socket, text: string): void {
    try {
      this.#framer.write(text)
    } catch (error) {
      if (this.#isOpen) throw error
      socket.destroy()
    }
  }

  #newFramer(): Framer {
    const limits = { stanza: () => ({ size: 50_000_000, elements: 1_000_000 }), depth: 1000, tag: 50_000_000 }
    return new Framer(limits, (frame) => {
      if (frame.kind === 'open') this.#onHeader()
      else if (frame.kind === 'stanza') this.#onElement(frame.text)
      else if (frame.kind === 'close') void this.#onEnd()
    })
  }

  async #onEnd(): Promise<void> {
    const { farewell } = this.#fake.script
    if (farewell !== undefined) await this.write(farewell)
    else this.#socket.end()
  }

  #onHeader(): void {
    const { script } = this.#fake
    this.#isOpen = true
    this.#opened()
    if (script.stallAt === 'header') return
    const { from, version, xmlns } = { from: FAKE_DOMAIN, version: '1.0', ...script.header }
    const ns = `xmlns="jabber:client" xmlns:stream="${xmlns ?? 'http://etherx.jabber.org/streams'}"`
    const said = Object.entries({ from, version }).flatMap(([name, value]) => (value ? `${name}="${value}"` : []))
    const header = `<?xml version='1.0'?><stream:stream ${ns} ${said.join(' ')} id="s">`
    const phase = this.#authenticated ? 'login' : this.#secure ? 'tls' : 'clear'
    if (script.streamError?.at === phase) {
      this.#say(`${header}<stream:error>${script.streamError.xml}</stream:error></stream:stream>`)
      return
    }
    this.#say(`${header}<stream:features>${this.#features()}</stream:features>`)
  }

  #features(): string {
    const { script } = this.#fake
    const more = script.features ?? ''
    if (this.#authenticated)
      return `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>${more}${script.boundFeatures ?? ''}`
    const list = (script.mechanisms ?? ['SCRAM-SHA-256', 'PLAIN']).map((name) => `<mechanism>${name}</mechanism>`)
    const mechanisms = `<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl">${list.join('')}</mechanisms>${more}`
    const starttls = '<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"><required/></starttls>'
    // a server that offers logins in the clear, to see who takes one
    return !this.#secure && script.starttls !== 'absent' && script.starttls !== 'hidden'
      ? `${starttls}${mechanisms}`
      : mechanisms
  }

  #onElement(xml: string): void {
    if (xml.startsWith('<starttls')) this.#onStartTls()
    else if (xml.startsWith('<auth')) this.#onAuth(xml)
    else if (xml.startsWith('<response')) this.#onResponse(Buffer.from(textOf(xml), 'base64').toString('utf8'))
    else if (xml.startsWith('<iq')) this.#onIq(xml)
  }

  #onStartTls(): void {
    const { script } = this.#fake
    const ns = 'urn:ietf:params:xml:ns:xmpp-tls'
    if (script.starttls === 'refused' || script.starttls === 'absent') {
      this.#say(`<failure xmlns="${ns}"/>`)
      return
    }
    const injected = script.starttls === 'injected' ? '<injected xmlns="urn:x"/>' : ''
    const raw = this.#socket
    void this.write(`<proceed xmlns="${ns}"/>${injected}`).then(() => {
      raw.removeAllListeners('data')
      if (script.stallAt === 'tls') {
        raw.resume()
        return
      }
      const socket = new TLSSocket(raw, { isServer: true, ...tlsSettings(script) })
      socket.on('secure', () => {
        this.#state.servername = servernameOf(socket)
        this.#state.protocol = socket.getProtocol() ?? ''
      })
      this.#secure = true
      this.#socket = socket
      this.#framer = this.#newFramer()
      this.#listen(socket)
    })
  }

  #onAuth(xml: string): void {
    const { script } = this.#fake
    if (script.stallAt === 'auth') return
    const mechanism = /mechanism=["']([^"']+)/.exec(xml)?.[1] ?? ''
    if (script.failure !== undefined) {
      this.#sasl('failure', `<${script.failure}/>${script.failureText ?? ''}`)
      return
    }
    if (mechanism.startsWith('SCRAM-SHA-')) {
      this.#scram = new ServerScram(hashOf(mechanism), script)
      const initial = Buffer.from(textOf(xml), 'base64').toString('utf8')
      this.#sasl('challenge', encode(this.#scram.first(initial)))
    } else this.#succeed(undefined)
  }

  #onResponse(response: string): void {
    const final = this.#scram?.final(response)
    if (final === undefined) this.#sasl('failure', '<not-authorized/>')
    else this.#succeed(final === '' ? undefined : final)
  }

  #succeed(data: string | undefined): void {
    this.#authenticated = true
    this.#state.logins += 1
    this.#sasl('success', data === undefined ? '' : encode(data))
    this.#framer = this.#newFramer()
  }

  #sasl(name: string, content: string): void {
    this.#say(`<${name} xmlns="urn:ietf:params:xml:ns:xmpp-sasl">${content}</${name}>`)
  }

  #onIq(xml: string): void {
    const { script } = this.#fake
    const value = (name: string) => new RegExp(`^<iq[^>]* ${name}=["']([^"']*)`).exec(xml)?.[1] ?? ''
    const iq = { id: value('id'), type: value('type'), to: value('to'), xml }
    if (xml.includes('urn:ietf:params:xml:ns:xmpp-bind')) {
      if (script.stallAt === 'bind') return
      const resource = /<resource>([^<]*)/.exec(xml)?.[1] ?? 'r'
      this.#state.client = `gateway@${FAKE_DOMAIN}/${resource}`
      const jid = `<jid>${this.#state.client}</jid>`
      this.#say(`<iq type="result" id="${iq.id}"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind">${jid}</bind></iq>`)
      return
    }
    if (iq.type !== 'get' && iq.type !== 'set') return
    this.#say(script.onIq?.(iq) ?? usualAnswer(iq))
  }
}

/** What a Broker with one empty Topic says. */
export function usualAnswer(iq: FakeIq): string {
  const node = /node=["']([^"']*)/.exec(iq.xml)?.[1] ?? ''
  const pubsub = 'http://jabber.org/protocol/pubsub'
  if (iq.xml.includes('disco#info')) {
    const identity = '<identity category="pubsub" type="leaf"/>'
    return answer(iq, `<query xmlns="http://jabber.org/protocol/disco#info" node="${node}">${identity}</query>`)
  }
  if (iq.xml.includes('disco#items')) return answer(iq, '<query xmlns="http://jabber.org/protocol/disco#items"/>')
  if (iq.xml.includes('<subscribe')) {
    const subscription = `<subscription node="${node}" subscription="subscribed"/>`
    return answer(iq, `<pubsub xmlns="${pubsub}">${subscription}</pubsub>`)
  }
  if (iq.xml.includes('<items')) return answer(iq, `<pubsub xmlns="${pubsub}"><items node="${node}"/></pubsub>`)
  return answer(iq, '')
}

/** A result from whom was asked. */
export function answer(iq: FakeIq, content: string, from = iq.to): string {
  const sender = from === '' ? '' : ` from="${from}"`
  return `<iq type="result" id="${iq.id}"${sender}>${content}</iq>`
}

/** An event of the Broker, or of somebody else. */
export function event(node: string, items: string, from = BROKER): string {
  const content = `<items node="${node}">${items}</items>`
  return `<message from="${from}" type="headline"><event xmlns="http://jabber.org/protocol/pubsub#event">${content}</event></message>`
}

function hashOf(mechanism: string): string {
  return `sha${/SHA-(\d+)/.exec(mechanism)?.[1]}`
}

/** The server's side of SCRAM, written from RFC 5802 §5, with its faults. */
class ServerScram {
  readonly #hash: string
  readonly #script: FakeScript
  readonly #salt = randomBytes(16)
  #message = ''
  #nonce = ''

  constructor(hash: string, script: FakeScript) {
    this.#hash = hash
    this.#script = script
  }

  first(clientFirst: string): string {
    const bare = clientFirst.replace(/^[^,]*,[^,]*,/, '')
    const nonce = /r=([^,]*)/.exec(bare)?.[1] ?? ''
    const { scram } = this.#script
    this.#nonce = scram === 'foreign-nonce' ? `x${nonce}` : scram === 'same-nonce' ? nonce : `${nonce}server`
    const first = `r=${this.#nonce},s=${this.#salt.toString('base64')},i=${this.#iterations()}`
    this.#message = `${bare},${first}`
    return first
  }

  /** undefined: the proof is wrong */
  final(clientFinal: string): string | undefined {
    const [withoutProof = '', proof = ''] = clientFinal.split(',p=')
    const message = `${this.#message},${withoutProof}`
    const length = createHash(this.#hash).digest().length
    const password = this.#script.password ?? 'gateway-secret'
    const salted = pbkdf2Sync(password, this.#salt, this.#iterations(), length, this.#hash)
    const clientKey = this.#hmac(salted, 'Client Key')
    const signature = this.#hmac(createHash(this.#hash).update(clientKey).digest(), message)
    const expected = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)))
    if (!expected.equals(Buffer.from(proof, 'base64'))) return undefined
    if (this.#script.scram === 'no-signature') return ''
    const key = this.#script.scram === 'wrong-signature' ? randomBytes(length) : this.#hmac(salted, 'Server Key')
    return `v=${this.#hmac(key, message).toString('base64')}`
  }

  #iterations(): number {
    const { scram } = this.#script
    return scram === 'few-iterations' ? 4095 : scram === 'many-iterations' ? 2_000_000_000 : 4096
  }

  #hmac(key: Buffer, data: string): Buffer {
    return createHmac(this.#hash, key).update(data).digest()
  }
}

function tlsSettings(script: FakeScript) {
  return {
    cert: readFileSync(script.certificate.cert),
    key: readFileSync(script.certificate.key),
    ...(script.clientCa === undefined
      ? {}
      : { ca: readFileSync(script.clientCa), requestCert: true, rejectUnauthorized: false }),
    ...(script.maxVersion === undefined
      ? {}
      : { minVersion: 'TLSv1' as const, maxVersion: script.maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }),
    ...(script.ciphers === undefined ? {} : { ciphers: script.ciphers }),
  }
}

function servernameOf(socket: TLSSocket): string {
  const { servername } = socket as unknown as { servername: string | false | null }
  return servername || ''
}

function textOf(xml: string): string {
  return />([^<]*)</.exec(xml)?.[1] ?? ''
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}
