import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { freePort } from './brokers.ts'
import { eventually } from './eventually.ts'

/** A Chromium, driven by chromedriver (W3C WebDriver), as wide as is asked for: Debian's chromium and chromium-driver. */
export interface Chromium extends AsyncDisposable {
  go(url: string): Promise<void>
  /** What an expression in the page gives. */
  read<T>(expression: string): Promise<T>
  /** Of the first that the XPath names. */
  click(xpath: string): Promise<void>
  type(xpath: string, text: string): Promise<void>
  press(key: string): Promise<void>
  /** All of the page, as PNG. */
  shoot(file: string): Promise<void>
}

const DEADLINE = 60_000
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

export async function startChromium({ width, dark = false }: { width: number; dark?: boolean }): Promise<Chromium> {
  await using opened = new AsyncDisposableStack()
  const port = await freePort()
  const driver = spawn('chromedriver', [`--port=${port}`], { stdio: 'ignore' })
  opened.defer(() => void driver.kill())
  const failed = new Promise<never>((_, reject) => driver.once('error', reject))
  failed.catch(() => undefined)
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(DEADLINE),
    })
    const { value } = (await response.json()) as { value: T & { message?: string } }
    if (!response.ok) throw new Error(`${method} ${path}: ${value.message}`)
    return value
  }
  await Promise.race([
    failed,
    eventually('chromedriver', () =>
      call('GET', '/status').then(
        () => true,
        () => false,
      ),
    ),
  ])
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars']
  const { sessionId } = await call<{ sessionId: string }>('POST', '/session', {
    capabilities: { alwaysMatch: { browserName: 'chrome', 'goog:chromeOptions': { args } } },
  })
  const at = `/session/${sessionId}`
  opened.defer(() => call('DELETE', at))
  const cdp = <T>(cmd: string, params: object = {}) => call<T>('POST', `${at}/goog/cdp/execute`, { cmd, params })
  await cdp('Emulation.setDeviceMetricsOverride', { width, height: 844, deviceScaleFactor: 1, mobile: width < 600 })
  if (dark) await cdp('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: 'dark' }] })
  const find = async (xpath: string) => {
    const found = await call<Record<string, string>>('POST', `${at}/element`, { using: 'xpath', value: xpath })
    return `${at}/element/${found[ELEMENT]}`
  }
  const all = opened.move()
  return {
    go: (url) => call('POST', `${at}/url`, { url }),
    read: (expression) => call('POST', `${at}/execute/sync`, { script: `return ${expression}`, args: [] }),
    click: async (xpath) => call('POST', `${await find(xpath)}/click`, {}),
    type: async (xpath, text) => call('POST', `${await find(xpath)}/value`, { text }),
    async press(key) {
      const actions = [
        { type: 'keyDown', value: key },
        { type: 'keyUp', value: key },
      ]
      await call('POST', `${at}/actions`, { actions: [{ type: 'key', id: 'keyboard', actions }] })
    },
    async shoot(file) {
      const options = { format: 'png', captureBeyondViewport: true }
      const { data } = await cdp<{ data: string }>('Page.captureScreenshot', options)
      await writeFile(file, Buffer.from(data, 'base64'))
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
