import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, ServerProcess } from './brokers.ts'

/** A running haproxy. */
export interface Haproxy extends AsyncDisposable {
  readonly port: number
  /** SIGSTOP and SIGCONT: every connection stalls. */
  pause(): void
  resume(): void
}

/**
 * A haproxy with the configuration that people are given, but for ports, addresses and where it logs to: in front of these, in the
 * place of the two that it names. `balance` in place of its own.
 */
export async function startHaproxy(
  example: string,
  gateways: readonly { readonly ridPort: number; readonly opsPort: number }[],
  { balance = 'source' }: { readonly balance?: 'source' | 'roundrobin' } = {},
): Promise<Haproxy> {
  const dir = await mkdtemp(join(tmpdir(), 'haproxy-'))
  const port = await freePort()
  const file = join(dir, 'haproxy.cfg')
  const servers = gateways.map(
    ({ ridPort, opsPort }, i) => `  server gateway${i} 127.0.0.1:${ridPort} port ${opsPort}\n`,
  )
  const text = example
    .replace(/^ {2}(?:log \/dev\/log|user|group) .*\n/gm, '')
    .replace(/^ {2}bind .*$/m, `  bind 127.0.0.1:${port}`)
    .replace(/^ {2}balance .*$/gm, `  balance ${balance}`)
    .replace(/(?:^ {2}server .*\n)+/gm, servers.join(''))
  await writeFile(file, text)
  const server = new ServerProcess('/usr/sbin/haproxy', ['-db', '-f', file], {}, dir)
  await server.start(port)
  return {
    port,
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await server.end('SIGTERM')
      await rm(dir, { recursive: true, force: true })
    },
  }
}
