import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/** How the peer answers one request. */
export type Script =
  | {
      readonly does: 'answer'
      /** [200] */
      readonly status?: number
      /** [`Content-Type: text/xml` where there is a body] */
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | Uint8Array
      /** ms before anything is sent */
      readonly delay?: number
    }
  /** what it says depends on what came */
  | {
      readonly does: 'reply'
      readonly to: (request: TakenRequest) => Omit<Extract<Script, { does: 'answer' }>, 'does'>
    }
  /** takes the request and says nothing, ever */
  | { readonly does: 'hang' }
  /** 200 and a body that never ends; `every` ms a piece of `bytes` */
  | { readonly does: 'endless'; readonly bytes: number; readonly every: number }
  /** closes the connection before the answer, or in the middle of its body */
  | { readonly does: 'close'; readonly when: 'at-once' | 'mid-way' }
  /** bytes that are not HTTP */
  | { readonly does: 'garbage'; readonly bytes: string }

interface TakenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** the client certificate's fingerprint256 */
  readonly client: string | undefined
}

export interface RidPeer extends AsyncDisposable {
  readonly port: number
  /** `https://localhost:PORT/` */
  readonly url: string
  readonly requests: TakenRequest[]
  /** TLS sessions so far */
  connections(): number
  /** how many of them went on with an earlier one */
  resumed(): number
  /** What comes next; the last one stays. */
  script(...scripts: readonly Script[]): void
  /** Closes every connection that is open. */
  drop(): void
}

interface RidPeerOptions {
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly tls?: ServerOptions
  /** may listen to what it does besides */
  readonly withServer?: (server: Server) => void
  /** [a free one] */
  readonly port?: number
}

/** A Denied, Approved or other Acknowledgement, as far as a reader that looks for AuthorizationStatus cares. */
export function acknowledgement(status: string, justification?: string, msgType = 'Acknowledgement'): string {
  const why = justification === undefined ? '' : ` Justification="${justification}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<rid:RID xmlns:rid="urn:ietf:params:xml:ns:iodef-rid-2.0" xmlns:iodef="urn:ietf:params:xml:ns:iodef-1.0" lang="en">',
    `<rid:RIDPolicy MsgType="${msgType}" MsgDestination="RIDSystem"><rid:PolicyRegion region="PeerToPeer"/>`,
    '<iodef:Node><iodef:NodeName>peer.example</iodef:NodeName></iodef:Node><rid:TrafficType type="Attack"/>',
    '<iodef:IncidentID name="csirt.example">1</iodef:IncidentID></rid:RIDPolicy>',
    `<rid:RequestStatus AuthorizationStatus="${status}"${why}/></rid:RID>`,
  ].join('')
}

/** A RID system on 127.0.0.1 that does as it is told. It asks for a client certificate and takes any of its CA's. */
export async function startRidPeer({
  cert,
  key,
  ca,
  tls = {},
  withServer,
  port = 0,
}: RidPeerOptions): Promise<RidPeer> {
  const requests: TakenRequest[] = []
  const sockets = new Set<Socket>()
  let scripts: Script[] = [{ does: 'answer', body: acknowledgement('Approved') }]
  let connections = 0
  let resumed = 0
  const [certPem, keyPem, caPem] = [cert, key, ca].map((file) => readFileSync(file))
  const server = createServer({
    cert: certPem,
    key: keyPem,
    ca: caPem,
    requestCert: true,
    rejectUnauthorized: true,
    ...tls,
  })
  withServer?.(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  server.on('secureConnection', (socket) => {
    connections += 1
    if (socket.isSessionReused()) resumed += 1
  })
  server.on('request', (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const client = (request.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256
      const { method = '', url = '', headers } = request
      const taken = { method, url, headers, body: Buffer.concat(chunks).toString('utf8'), client }
      requests.push(taken)
      const script = scripts.length > 1 ? scripts.shift() : scripts[0]
      if (script?.does === 'reply') carryOut({ does: 'answer', ...script.to(taken) }, request, response)
      else if (script !== undefined) carryOut(script, request, response)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  const drop = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: bound,
    url: `https://localhost:${bound}/`,
    requests,
    connections: () => connections,
    resumed: () => resumed,
    script(...next) {
      scripts = [...next]
    },
    drop,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      drop()
      await closed
    },
  }
}

function carryOut(
  script: Exclude<Script, { does: 'reply' }>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  switch (script.does) {
    case 'answer': {
      const { status = 200, headers, body = '', delay = 0 } = script
      const type = body.length > 0 ? { 'content-type': 'text/xml' } : {}
      setTimeout(() => response.writeHead(status, { ...type, ...headers }).end(body), delay)
      break
    }
    case 'hang':
      break
    case 'endless': {
      response.writeHead(200, { 'content-type': 'text/xml' })
      const timer = setInterval(() => response.write('x'.repeat(script.bytes)), script.every)
      response.once('close', () => clearInterval(timer))
      break
    }
    case 'close':
      if (script.when === 'at-once') request.socket.destroy()
      else {
        response.writeHead(200, { 'content-type': 'text/xml', 'content-length': '1000' })
        response.write('<half', () => request.socket.destroy())
      }
      break
    case 'garbage':
      request.socket.end(script.bytes)
  }
}
