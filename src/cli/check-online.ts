import { connect } from 'node:net'
import type { Problem } from '../config/problems.ts'
import type { Config } from '../config/types.ts'
import { messageOf } from '../errors.ts'

const DEADLINE = 5000

/** Opens, and closes, a TCP connection to the Controller and to every peer that is sent to. Sends nothing. */
export async function checkOnline({ grid, peers }: Config): Promise<Problem[]> {
  const service = new URL(grid.service)
  const targets = [{ path: 'grid.service', host: service.hostname, port: Number(service.port) }]
  for (const [i, peer] of peers.entries()) {
    if (peer.url === undefined) continue
    const url = new URL(peer.url)
    targets.push({ path: `peers[${i}].url`, host: url.hostname, port: Number(url.port || 443) })
  }
  const results = await Promise.all(
    targets.map(async ({ path, host, port }) => {
      const reason = await reach(host.replace(/^\[|\]$/g, ''), port)
      return reason === undefined ? [] : [{ path, message: `${host}:${port} cannot be reached: ${reason}` }]
    }),
  )
  return results.flat()
}

/** Why not, or undefined when it can be reached. */
function reach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: DEADLINE })
    const end = (reason?: string) => {
      socket.destroy()
      resolve(reason)
    }
    socket.once('connect', () => end())
    socket.once('timeout', () => end(`no answer within ${DEADLINE / 1000} s`))
    socket.once('error', (error) => end(messageOf(error)))
  })
}
