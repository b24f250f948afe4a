/** A bare Debian 12 in a folder, booted with systemd in a container without a network. Needs root, debootstrap and systemd-nspawn. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the tutorials install: fetched beforehand, as the machine has no network. */
const FETCHED = ['adduser', 'openssl', 'curl', 'prosody', 'lua-dbi-sqlite3', 'ejabberd']
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
}
const BOOT_LIMIT_MS = 120_000

/** Why there can be none here; undefined where there can. */
export function hindrance(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root'
  const missing = ['debootstrap', 'systemd-nspawn', 'nsenter'].filter((name) => spawnSync(name, ['--version']).error)
  return missing.length === 0
    ? undefined
    : `it needs ${missing.join(', ')}: apt-get install debootstrap systemd-container`
}

/** Debian as debootstrap makes it, with systemd and this machine's apt settings, in `folder`. About a minute. */
export function makeBase(folder: string): void {
  const sources = '/etc/apt/sources.list.d/debian.sources'
  const mirror = existsSync(sources) ? /^URIs: (\S+)/m.exec(readFileSync(sources, 'utf8'))?.[1] : undefined
  const include = '--include=systemd,systemd-sysv,dbus,iproute2,ca-certificates'
  must('debootstrap', ['--variant=minbase', include, 'bookworm', folder, ...(mirror === undefined ? [] : [mirror])])
  for (const path of [sources, ...globSync('/etc/apt/apt.conf.d/99*'), '/etc/ssl/certs', '/etc/resolv.conf']) {
    if (!existsSync(path)) continue
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    cpSync(path, join(folder, path), { recursive: true, dereference: true })
  }
  must('chroot', [folder, 'apt-get', 'update', '-q'])
  must('chroot', [folder, 'apt-get', 'install', '-y', '-q', '--download-only', ...FETCHED])
}

export interface Machine extends AsyncDisposable {
  /** Runs a script as root in /root; throws with the end of what it printed when it fails. */
  run(script: string): Promise<string>
}

/** Boots what is in `root`. */
export async function boot(root: string): Promise<Machine> {
  const options = ['-q', '-D', root, '--register=no', '--keep-unit', '--private-network', '-b']
  const container = spawn('systemd-nspawn', options, { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => container.once('exit', () => resolve()))
  const stop = async () => {
    container.kill('SIGTERM')
    await Promise.race([ended, sleep(30_000, undefined, { ref: false })])
    container.kill('SIGKILL')
  }
  try {
    const init = await booted(container)
    return { run: (script) => runIn(init, script), [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Runs a script as root in /root of what is in `root`, with the network of this machine and its npm settings; nothing is booted. */
export function runOnline(root: string, script: string): string {
  const settings = ['registry', 'cafile'].flatMap((key) => {
    const { stdout } = spawnSync('npm', ['config', 'get', key], { encoding: 'utf8' })
    return /^(null|undefined)?$/.test(stdout.trim()) ? [] : [`--setenv=npm_config_${key}=${stdout.trim()}`]
  })
  const env = Object.entries({ ...ENVIRONMENT, DEBIAN_FRONTEND: 'noninteractive' }).map(
    ([key, value]) => `--setenv=${key}=${value}`,
  )
  const options = ['-q', '-D', root, '--register=no', '--keep-unit', '--resolv-conf=copy-host', ...env, ...settings]
  return must('systemd-nspawn', [...options, 'bash', '-c', `cd /root\n${script}`])
}

async function booted(container: ChildProcess): Promise<string> {
  for (const end = Date.now() + BOOT_LIMIT_MS; Date.now() < end; await sleep(500)) {
    if (container.exitCode !== null) throw new Error(`systemd-nspawn ended with ${container.exitCode}`)
    const file = `/proc/${container.pid}/task/${container.pid}/children`
    const init = readFileSync(file, 'utf8').trim().split(' ')[0] ?? ''
    if (init === '' || readFileSync(`/proc/${init}/comm`, 'utf8') !== 'systemd\n') continue
    const { stdout } = spawnSync('nsenter', [...entering(init), 'systemctl', 'is-system-running'], { encoding: 'utf8' })
    if (/^(running|degraded)$/m.test(stdout)) return init
  }
  throw new Error('systemd did not come up in the container')
}

function entering(init: string): string[] {
  return ['-t', init, '-m', '-u', '-i', '-n', '-p']
}

async function runIn(init: string, script: string): Promise<string> {
  const child = spawn('nsenter', [...entering(init), 'bash', '-c', `cd /root\n${script}`], {
    ...{
      env: { ...ENVIRONMENT, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 600_000,
    },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
      process.stderr.write(text.replace(/^(?!===).*\n?/gm, ''))
    })
  }
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`ended with ${code}:\n${said.split('\n').slice(-40).join('\n')}`)
  return said
}

function must(program: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, ...ENVIRONMENT },
  })
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${(stdout + stderr).slice(-2_000)}`)
  return stdout
}
