import { createServer } from 'node:net'
import type { Problem } from '../config/problems.ts'
import type { Config } from '../config/types.ts'
import { codeOf, networkWords } from '../failure-words.ts'

/** Whether both ports can be listened on: for a moment they are, unless this gateway is running and has them. */
export async function checkPorts({ rid, ops }: Pick<Config, 'rid' | 'ops'>): Promise<Problem[]> {
  const found: Problem[] = []
  const running = await isRunning(ops)
  for (const [key, { host, port }] of Object.entries({ rid, ops })) {
    const code = await tryToListen(host, port)
    if (code === undefined || (code === 'EADDRINUSE' && running)) continue
    const remedy = code === 'EADDRINUSE' ? ': stop it, or choose another port' : ''
    const path = code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' ? `${key}.host` : `${key}.port`
    found.push({ path, message: `${host}, port ${port}, cannot be listened on: ${networkWords(code)}${remedy}` })
  }
  return found
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(codeOf(error) ?? 'unknown'))
    server.listen({ host, port }, () => server.close(() => resolve(undefined)))
  })
}

/** Does a gateway answer where this one would? */
async function isRunning({ host, port }: Config['ops']): Promise<boolean> {
  const name = host === '::' ? '[::1]' : host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  try {
    const response = await fetch(`http://${name}:${port}/ready`, { signal: AbortSignal.timeout(3_000) })
    const said = (await response.json()) as { parts?: unknown }
    return typeof said.parts === 'object'
  } catch {
    return false
  }
}
