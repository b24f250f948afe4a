import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import type { ProcessNews } from '../events/process.ts'
import type { Tell } from '../tell.ts'
import type { ReloadOutcome } from './reload.ts'

/** What a command is answered with, as one line of JSON. */
export type ControlAnswer = ReloadOutcome & { readonly file: string }

/** The one thing that can be asked for. */
export const RELOAD = 'reload\n'

/** ms that whoever connects may take to say what he wants */
const PATIENCE = 10_000

/**
 * Where commands beside a gateway speak to it: a socket of its own user's, beside the file of the store that only one gateway can have;
 * with PostgreSQL, at a path that is this gateway's.
 */
export function controlPath(store: string): string {
  return `${store}.control`
}

/**
 * Listens there: reloads when asked to, and says what became of it. Call it while the store is open: what lies there is of an earlier
 * life. A gateway that cannot listen there runs all the same, and that is told.
 */
export async function listenForReload(
  path: string,
  reload: () => ControlAnswer,
  tell: Tell<Pick<ProcessNews, 'control-absent'>>,
): Promise<AsyncDisposable> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    serve(socket, reload)
  })
  const absent = (err: unknown) => tell('control-absent', { err })
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    chmodSync(path, 0o600)
    server.on('error', absent)
  } catch (error) {
    absent(error)
  }
  server.unref()
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // who says nothing keeps nobody from ending
        for (const socket of open) socket.destroySoon()
      }),
  }
}

function serve(socket: Socket, reload: () => ControlAnswer): void {
  let asked = ''
  socket.setEncoding('utf8')
  socket.setTimeout(PATIENCE, () => socket.destroy())
  // he went away: what he asked for was done all the same
  socket.on('error', () => socket.destroy())
  socket.on('data', (text: string) => {
    asked += text
    if (asked === RELOAD) socket.end(`${JSON.stringify(reload())}\n`)
    else if (!RELOAD.startsWith(asked)) socket.destroy()
  })
}
