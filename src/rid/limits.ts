/** What one client may take of the listener. Times in ms. */
export interface ListenerLimits {
  /** TCP accept to the end of the TLS handshake */
  readonly handshake: number
  /** TCP accept to the end of what a proxy says of the connection */
  readonly proxyHeader: number
  /** from the first to the last byte of a request's headers */
  readonly headers: number
  /** from the first to the last byte of a request */
  readonly request: number
  /** between two requests on one connection */
  readonly keepAlive: number
  /** from the last byte of a message to its answer; behind it 503, and the peer repeats it */
  readonly answer: number
  /** reading and throwing away what a refused client still sends */
  readonly linger: number
  /** bytes, of the same */
  readonly lingerBytes: number
  /** of a connection, behind which it is asked to come again: what its handshake looked at may have changed */
  readonly age: number
  /** requests in flight when the listener is disposed of */
  readonly close: number
  /** taking an answer: a client that reads nothing of it for so long is gone */
  readonly write: number
  /** connections of all peers; of one: `limits` of the configuration */
  readonly connections: number
  /** connections of certificates that are no peer's, and of one such certificate */
  readonly strangers: number
  readonly connectionsPerStranger: number
  /** connections without a certificate that have not shown a password, and those of one network; ms that they have for it */
  readonly nameless: number
  readonly namelessPerNetwork: number
  readonly login: number
  /** connections without a TLS session yet, and those of one address (IPv6: of one /64) */
  readonly handshakes: number
  readonly handshakesPerAddress: number
  /** connections of proxies that have not said yet whose they are */
  readonly headless: number
  /** requests sent on one connection before the first is answered */
  readonly pipelined: number
  /** bytes of request line and header fields */
  readonly headerBytes: number
  readonly headerCount: number
}

export const DEFAULT_LIMITS: ListenerLimits = {
  handshake: 10_000,
  proxyHeader: 3_000,
  headers: 10_000,
  request: 60_000,
  keepAlive: 75_000,
  // RFC 6546 §3: clients give up after about thirty seconds
  answer: 30_000,
  linger: 2_000,
  lingerBytes: 4 * 1024 * 1024,
  age: 3_600_000,
  close: 10_000,
  write: 30_000,
  connections: 512,
  strangers: 32,
  connectionsPerStranger: 4,
  nameless: 128,
  namelessPerNetwork: 32,
  login: 10_000,
  handshakes: 512,
  handshakesPerAddress: 256,
  headless: 256,
  pipelined: 16,
  headerBytes: 16_384,
  headerCount: 64,
}
