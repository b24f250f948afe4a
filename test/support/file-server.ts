import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './pki.ts'

/** An HTTPS host that files are put to and fetched from, and that may do it wrong. */
export interface FileServer extends AsyncDisposable {
  /** `localhost:PORT` */
  readonly host: string
  /** by path: what was put there, or is to be there */
  readonly files: Map<string, Uint8Array>
  /** by path: what is answered in place of that */
  readonly instead: Map<string, (response: ServerResponse) => void>
  readonly asked: { readonly method: string; readonly path: string; readonly authorization: string | undefined }[]
  /** Called when a file was put, before it is answered. */
  onPut: (path: string) => Promise<void>
}

export async function startFileServer(certificate: Certificate): Promise<FileServer> {
  const { cert, key } = certificate
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const files: FileServer = {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    files: new Map(),
    instead: new Map(),
    asked: [],
    onPut: async () => {},
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request
    files.asked.push({ method, path, authorization: headers.authorization })
    const pieces: Buffer[] = []
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
    const instead = files.instead.get(path)
    if (instead !== undefined) return instead(response)
    if (method === 'PUT') {
      files.files.set(path, Buffer.concat(pieces))
      await files.onPut(path)
      response.writeHead(201).end()
      return
    }
    const file = files.files.get(path)
    response.writeHead(file === undefined ? 404 : 200).end(file)
  }
  return files
}
