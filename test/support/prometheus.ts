import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, ServerProcess } from './brokers.ts'
import { eventually } from './eventually.ts'

const RULES = fileURLToPath(new URL('../../examples/alerts.yml', import.meta.url))

/** An alert that fires, and what it is about: a part, or a destination. */
export type Firing = string

interface Prometheus extends AsyncDisposable {
  /** What fires for this target: `PeerAway peer:csirt-b`, `Held csirt-b`, `GridAway grid`, `CannotTakeReports`. */
  firing(target: string): Promise<readonly Firing[]>
}

/**
 * Debian's Prometheus with the rules of examples/alerts.yml, which looks at each target every second. Rules that wait for ten seconds,
 * lest a moment wakes somebody, do not here.
 */
export async function startPrometheus(targets: Readonly<Record<string, number>>): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const port = await freePort()
  const at = (name: string) => join(dir, name)
  await writeFile(at('alerts.yml'), (await readFile(RULES, 'utf8')).replaceAll('for: 10s', 'for: 0s'))
  const scraped = Object.entries(targets).map(([name, ops]) => ({
    targets: [`127.0.0.1:${ops}`],
    labels: { instance: name },
  }))
  // JSON is YAML
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['alerts.yml'],
    scrape_configs: [{ job_name: 'iodef-gateway', static_configs: scraped }],
  }
  await writeFile(at('prometheus.yml'), JSON.stringify(config))
  const args = [`--config.file=${at('prometheus.yml')}`, `--storage.tsdb.path=${at('data')}`]
  const server = new ServerProcess('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], {}, dir)
  await server.start(port)
  const isReady = () => fetch(`http://127.0.0.1:${port}/-/ready`).then(({ ok }) => ok)
  await eventually('Prometheus to be ready', isReady)
  return {
    async firing(target) {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`, { signal: AbortSignal.timeout(20_000) })
      const { data } = (await response.json()) as { data: { alerts: Alert[] } }
      return data.alerts
        .filter(({ state, labels }) => state === 'firing' && labels.instance === target)
        .map(({ labels }) => `${labels.alertname} ${labels.part ?? labels.destination ?? ''}`.trim())
        .toSorted()
    },
    async [Symbol.asyncDispose]() {
      await server.end('SIGKILL')
      await rm(dir, { recursive: true, force: true })
    },
  }
}

interface Alert {
  readonly state: string
  readonly labels: Readonly<Record<string, string | undefined>>
}
