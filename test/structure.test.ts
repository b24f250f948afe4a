import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = new Map(
  globSync('src/**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.d.ts'))
    .map((file) => [file, readFileSync(join(root, file), 'utf8')]),
)

interface Import {
  readonly from: string
  /** a file of ours (`src/...`) or a package */
  readonly to: string
  readonly typeOnly: boolean
}

const imports: Import[] = [...sources].flatMap(([from, text]) =>
  [...text.matchAll(/^\s*(import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm)].map((match) => {
    const target = match[3] ?? match[4] ?? ''
    const to = target.startsWith('.') ? normalize(join(dirname(from), target)) : target
    return { from, to, typeOnly: match[2] !== undefined }
  }),
)

/** `grid` of `src/profile/item.ts`, `events.ts` of `src/events.ts` */
function part(file: string): string {
  return file.split('/')[1] ?? ''
}

function offenders(rule: (i: Import) => boolean): string[] {
  return imports.filter(rule).map(({ from, to }) => `${from} imports ${to}`)
}

describe('the structure', () => {
  it('was read at all', () => {
    assert.ok(sources.size > 50)
    assert.ok(imports.length > 100)
    assert.ok(imports.some(({ from, to }) => from === 'src/main.ts' && to === 'src/cli/cli.ts'))
    assert.ok(imports.some(({ typeOnly }) => typeOnly))
  })

  it('imports only files that are there', () => {
    const missing = imports.filter(({ to }) => to.startsWith('src/') && to.endsWith('.ts') && !to.endsWith('.d.ts'))
    assert.deepEqual(
      missing.filter(({ to }) => !sources.has(to)).map(({ from, to }) => `${from} imports ${to}`),
      [],
    )
  })

  for (const [side, forbidden] of [
    ['rid', ['grid', 'relay', 'store', 'gateway.ts', 'cli', 'ops']],
    ['grid', ['rid', 'relay', 'store', 'gateway.ts', 'cli', 'ops']],
    ['store', ['rid', 'grid', 'relay', 'gateway.ts', 'cli', 'ops']],
    ['iodef', ['rid', 'grid', 'relay', 'store', 'gateway.ts', 'cli', 'ops', 'config']],
    ['config', ['rid', 'grid', 'relay', 'store', 'gateway.ts', 'cli', 'ops', 'iodef', 'xml']],
    ['ops', ['rid', 'grid', 'relay', 'gateway.ts', 'cli', 'config']],
    ['relay', ['gateway.ts', 'cli', 'ops']],
  ] as const) {
    it(`keeps ${side} apart from ${forbidden.join(', ')}`, () => {
      const found = offenders(
        ({ from, to }) =>
          part(from) === side && to.startsWith('src/') && (forbidden as readonly string[]).includes(part(to)),
      )
      assert.deepEqual(found, [])
    })
  }

  it('keeps xml to itself, but for errors', () => {
    assert.deepEqual(
      offenders(
        ({ from, to }) => part(from) === 'xml' && to.startsWith('src/') && part(to) !== 'xml' && to !== 'src/errors.ts',
      ),
      [],
    )
  })

  for (const [library, owners] of [
    ['libxml2-wasm', ['src/xml/']],
    ['@xmpp/', ['src/grid/']],
    ['node:sqlite', ['src/store/']],
    ['undici', ['src/rid/sender.ts']],
    ['fastify', ['src/rid/listener.ts', 'src/ops/']],
    ['pino', ['src/log.ts']],
    ['prom-client', ['src/metrics.ts', 'src/ops/']],
    ['zod', ['src/config/']],
    ['yaml', ['src/config/']],
  ] as const) {
    it(`leaves ${library} to ${owners.join(' and ')}`, () => {
      const found = offenders(
        ({ from, to }) =>
          (to === library || to.startsWith(library.endsWith('/') ? library : `${library}/`)) &&
          !owners.some((owner) => from.startsWith(owner)),
      )
      assert.deepEqual(found, [])
    })
  }

  it('has no import cycles, but for types', () => {
    const edges = Map.groupBy(
      imports.filter(({ to, typeOnly }) => to.startsWith('src/') && !typeOnly),
      ({ from }) => from,
    )
    const state = new Map<string, 'open' | 'done'>()
    const cycles: string[] = []
    const visit = (file: string, path: string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
        return
      }
      state.set(file, 'open')
      for (const { to } of edges.get(file) ?? []) visit(to, [...path, file])
      state.set(file, 'done')
    }
    for (const file of sources.keys()) visit(file, [])
    assert.deepEqual(cycles, [])
  })

  it('has small files', () => {
    const lines = [...sources].map(([file, text]) => [file, text.split('\n').length - 1] as const)
    assert.deepEqual(
      lines.filter(([, n]) => n > 300),
      [],
    )
    const sorted = lines.map(([, n]) => n).sort((a, b) => a - b)
    assert.ok((sorted[Math.floor(sorted.length / 2)] ?? 0) < 100, 'half of the files have less than 100 lines')
  })

  it('says nothing of one machine', () => {
    const machine = /node_modules\/\.bin|\/(?:home|work|Users|root)\//
    assert.deepEqual(
      [...sources].filter(([, text]) => machine.test(text)).map(([file]) => file),
      [],
    )
  })
})
