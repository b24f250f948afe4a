import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { connect } from '../src/store/sqlite/connect.ts'
import { fill, filled } from '../test/store/sqlite/fill.ts'
import { LAUNCHER } from '../test/support/command.ts'
import { createPki } from '../test/support/pki.ts'
import { createSite, type Site } from '../test/support/site.ts'
import { sized } from './documents.ts'
import { latencies, line, median } from './figures.ts'
import { createPoster } from './post.ts'
import { cpuOf } from './process-cost.ts'

/** Messages that are there, all of them pending, with two rows of the trace each. */
const SIZES = (process.env.ROWS ?? '1000,100000,1000000').split(',').map(Number)
const MIB = 1_048_576

/** What a gateway and the commands beside it take with ever more in the queue and in the trace: time, and memory at its highest. */
export async function benchRestart(): Promise<void> {
  for (const size of SIZES) {
    await using pki = await createPki()
    await using site = await createSite({ pki, delivery: { maxQueue: 10 * size } })
    await mkdir(dirname(site.store), { recursive: true })
    connect({ path: site.store, create: true, busyMs: 1000 }).close()
    fill(site.store, size, Date.now() - 1000, 'x'.repeat(300), true)
    line(`${size.toLocaleString('en')} there`, '')
    await restart(site)
  }
}

async function restart(site: Site): Promise<void> {
  const began = performance.now()
  await using gateway = site.launch()
  await gateway.serving
  const serving = performance.now() - began
  await using poster = createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-a'), 4)
  const first = await poster.post(20, (n) => sized(`first-${n}`, '6.5'))
  const cpu = (await cpuOf(gateway.pid)) / 1000
  line('restart: serving RID after', `${Math.round(serving)} ms; ${Math.round(cpu)} ms of CPU by the twentieth POST`)
  line('restart: its first 20 POSTs', latencies(first.times))
  for (const path of [
    '/ready',
    '/metrics',
    '/queue.json',
    '/',
    `/trace?incident=${filled(507).incident.split(' ')[1]}`,
  ]) {
    const times: number[] = []
    for (let i = 0; i < 5; i += 1) {
      const asked = performance.now()
      await (await fetch(`http://127.0.0.1:${site.opsPort}${path}`)).text()
      times.push(performance.now() - asked)
    }
    line(
      `GET ${path.split('?')[0]}: the first, the middle of five`,
      `${times[0]?.toFixed(1)}, ${median(times).toFixed(1)} ms`,
    )
  }
  const still = await poster.post(400, (n) => sized(`still-${n}`, '6.5'))
  line('POST', latencies(still.times))
  for (const args of COMMANDS) {
    const over = command(site, args)
    let n = 0
    const times: number[] = []
    let running = true
    void over.finally(() => {
      running = false
    })
    while (running) {
      n += 1
      times.push((await poster.one(sized(`beside-${args.join('-')}-${n}`, '6.5'))).ms)
    }
    const { ms, cpu, mib } = await over
    line(args.join(' '), `${Math.round(ms)} ms (CPU ${cpu}), ${mib} MiB; POST beside it: ${latencies(times)}`)
  }
  line(
    'memory of the gateway: now, at its highest',
    `${memory(gateway.pid, 'VmRSS')}, ${memory(gateway.pid, 'VmHWM')} MiB`,
  )
  await gateway.stop()
}

const COMMANDS = [
  ['queue', 'list'],
  ['queue', 'list', '--json'],
  ['queue', 'list', '--limit', '20'],
  ['queue', 'list', '--state', 'held'],
  ['queue', 'list', '--incident', filled(507).incident],
  ['queue', 'stats'],
  ['trace', filled(507).incident],
  ['exchanges', 'list'],
] as const

/** Its output is read and thrown away. */
function command(site: Site, args: readonly string[]): Promise<{ ms: number; cpu: number; mib: number }> {
  const began = performance.now()
  const child = spawn(LAUNCHER, [...args, '--config', site.configFile], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.resume()
  let mib = 0
  let cpu = 0
  const look = setInterval(async () => {
    mib = Math.max(mib, memory(child.pid ?? 0, 'VmHWM'))
    cpu = Math.max(cpu, (await cpuOf(child.pid ?? 0).catch(() => 0)) / 1000)
  }, 20)
  return new Promise((resolve) => {
    child.once('close', () => {
      clearInterval(look)
      resolve({ ms: performance.now() - began, cpu, mib })
    })
  })
}

/** MiB; 0 of a process that is gone. */
function memory(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  try {
    const kib = new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return Math.round((Number(kib ?? 0) * 1024) / MIB)
  } catch {
    return 0
  }
}
