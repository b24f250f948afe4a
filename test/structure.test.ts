import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
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

/** What every room may know: nothing of the gateway's own work is behind it. */
const BASE = [
  ...[
    'errors',
    'clock',
    'log',
    'log-output',
    'backoff',
    'vocabulary',
    'outcome',
    'tell',
    'did-you-mean',
    'printable',
    'password-hash',
    'failure-words',
    'log-text',
    'address-list',
    'give-back',
    'undici',
    'bare-fastify',
  ],
]

/**
 * Who may import whom, besides itself and BASE: `all`, or no more than its `types`. Dependencies point one way: bytes and standards
 * know nothing of peers and Topics, the two sides (rid, grid) nothing of each other, the queue (store, delivery) nothing of either.
 * docs/architecture.md shows the same table.
 */
const MAY_IMPORT: Readonly<Record<string, { readonly all?: readonly string[]; readonly types?: readonly string[] }>> = {
  xml: {},
  iodef: { all: ['xml'] },
  profile: { all: ['xml', 'iodef'], types: ['rid'] },
  reading: { all: ['xml', 'iodef', 'profile', 'rid'] },
  config: {},
  x509: {},
  rid: { all: ['xml', 'iodef', 'x509'], types: ['config'] },
  'grid/sasl': { types: ['config'] },
  'grid/xmpp': { all: ['grid/sasl', 'x509'], types: ['config', 'grid'] },
  'grid/pubsub': { all: ['grid/xmpp'], types: ['config', 'grid'] },
  'grid/upload': { all: ['grid/pubsub', 'grid/xmpp'], types: ['config', 'grid'] },
  grid: { all: ['grid/pubsub', 'grid/upload', 'grid/xmpp'], types: ['config'] },
  upload: { all: ['x509'], types: ['config'] },
  store: { all: ['store/coding', 'store/sqlite', 'store/postgres'], types: ['config'] },
  'store/coding': { types: ['store'] },
  'store/sqlite': { all: ['iodef', 'store/coding'], types: ['store'] },
  'store/postgres': { all: ['iodef', 'store/coding'], types: ['store'] },
  delivery: { types: ['store', 'events', 'config'] },
  relay: {
    all: ['xml', 'iodef', 'profile', 'reading', 'rid'],
    types: ['config', 'delivery', 'store', 'grid', 'events'],
  },
  exchange: {
    all: ['iodef', 'profile', 'relay', 'rid'],
    types: ['config', 'delivery', 'store', 'grid', 'events', 'reading'],
  },
  events: { all: ['metrics'], types: ['store', 'rid', 'grid'] },
  metrics: {},
  ops: { all: ['events', 'iodef'], types: ['store'] },
  'watch-files': {},
  audit: {},
  gateway: {
    all: [
      'audit',
      'delivery',
      'exchange',
      'grid',
      'reading',
      'relay',
      'rid',
      'store',
      'ops',
      'events',
      'metrics',
      'upload',
      'watch-files',
    ],
    types: ['config'],
  },
  cli: {
    all: [
      'gateway',
      'audit',
      'config',
      'exchange',
      'reading',
      'relay',
      'rid',
      'grid',
      'iodef',
      'xml',
      'events',
      'store',
      'x509',
    ],
  },
  main: { all: ['cli'] },
}

/** Who imports a library; a name that ends with / stands for all that begins so. */
const OWNERS: readonly (readonly [library: string, owners: readonly string[]])[] = [
  ['libxml2-wasm', ['src/xml/']],
  ['fast-xml-parser', ['src/rid/']],
  ['@xmpp/', ['src/grid/xmpp/', 'src/grid/pubsub/', 'src/grid/upload/', 'src/grid/xmpp-grid.ts']],
  ['node:sqlite', ['src/store/sqlite/']],
  ['postgres', ['src/store/postgres/']],
  ['undici', ['src/undici.ts']],
  ['fastify', ['src/bare-fastify.ts', 'src/rid/listener.ts', 'src/rid/asked.ts', 'src/ops/']],
  ['pino', ['src/log.ts']],
  ['prom-client', ['src/metrics.ts', 'src/ops/']],
  ['zod', ['src/config/']],
  ['yaml', ['src/config/']],
]

function isOf(name: string, library: string): boolean {
  return name === library || name.startsWith(library.endsWith('/') ? library : `${library}/`)
}

const imports: Import[] = [...sources].flatMap(([from, text]) =>
  [...text.matchAll(/^\s*(import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm)].map((match) => {
    const target = match[3] ?? match[4] ?? ''
    const to = target.startsWith('.') ? normalize(join(dirname(from), target)) : target
    return { from, to, typeOnly: match[2] !== undefined }
  }),
)

/** `grid/xmpp` of `src/grid/xmpp/iq.ts`, `store` of `src/store/contract.ts`, `events` of `src/events.ts`: a folder is a room. */
function room(file: string): string {
  return file.replace(/^src\//, '').replace(/(?:\/[^/]*)?\.ts$/, '')
}

function offenders(rule: (i: Import) => boolean): string[] {
  return imports.filter(rule).map(({ from, to }) => `${from} imports ${to}`)
}

describe('the structure', () => {
  test('was read at all', () => {
    assert.ok(sources.size > 50)
    assert.ok(imports.length > 100)
    assert.ok(imports.some(({ from, to }) => from === 'src/main.ts' && to === 'src/cli/cli.ts'))
    assert.ok(imports.some(({ typeOnly }) => typeOnly))
  })

  test('imports only files that are there', () => {
    const missing = imports.filter(({ to }) => to.startsWith('src/') && to.endsWith('.ts') && !to.endsWith('.d.ts'))
    assert.deepEqual(
      missing.filter(({ to }) => !sources.has(to)).map(({ from, to }) => `${from} imports ${to}`),
      [],
    )
  })

  test('has each room in the table', () => {
    assert.deepEqual(
      [...new Set([...sources.keys()].map(room))].filter((name) => !BASE.includes(name) && !(name in MAY_IMPORT)),
      [],
    )
  })

  for (const name of [...Object.keys(MAY_IMPORT), ...BASE]) {
    test(`lets ${name} import what the table says`, () => {
      const { all = [], types = [] } = MAY_IMPORT[name] ?? {}
      const found = offenders(({ from, to, typeOnly }) => {
        if (room(from) !== name || !to.startsWith('src/')) return false
        const other = room(to)
        return other !== name && !BASE.includes(other) && !all.includes(other) && !(typeOnly && types.includes(other))
      })
      assert.deepEqual(found, [])
    })

    test(`lists nothing for ${name} that it does not import`, () => {
      const { all = [], types = [] } = MAY_IMPORT[name] ?? {}
      const used = imports.filter(({ from, to }) => room(from) === name && to.startsWith('src/'))
      const idle = all.filter((other) => !used.some(({ to, typeOnly }) => room(to) === other && !typeOnly))
      const idleTypes = types.filter((other) => !used.some(({ to }) => room(to) === other))
      assert.deepEqual([...idle, ...idleTypes], [])
    })
  }

  test('is drawn in docs/architecture.md by the same table', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    const rows = [...page.matchAll(/^\| `([\w/-]+)` \|[^|]*\| ([^|]*)\| ([^|]*)\|$/gm)]
    const words = (cell = '') => [...cell.matchAll(/`([\w/-]+)`/g)].map((match) => match[1] ?? '').sort()
    const drawn = Object.fromEntries(rows.map(([, name = '', all, types]) => [name, [words(all), words(types)]]))
    const stated = Object.entries(MAY_IMPORT).map(([name, { all = [], types = [] }]) => [
      name,
      [all.toSorted(), types.toSorted()],
    ])
    assert.deepEqual(drawn, Object.fromEntries(stated))
  })

  test('names an owner for each library', () => {
    const libraries = imports.map(({ to }) => to).filter((to) => !to.startsWith('src/') && !to.startsWith('node:'))
    const owned = [...libraries].filter((name) => !OWNERS.some(([library]) => isOf(name, library)))
    assert.deepEqual([...new Set(owned)], [])
  })

  for (const [library, owners] of OWNERS) {
    test(`leaves ${library} to ${owners.join(' and ')}`, () => {
      const found = offenders(({ from, to }) => isOf(to, library) && !owners.some((owner) => from.startsWith(owner)))
      assert.deepEqual(found, [])
    })
  }

  test('chooses a transport of the grid, and a store, in one place each', () => {
    const chosen = offenders(
      ({ from, to }) =>
        (to === 'src/grid/xmpp-grid.ts' && from !== 'src/grid/create-grid.ts') ||
        (/^src\/store\/\w+\//.test(to) && !/^src\/store\//.test(from)),
    )
    assert.deepEqual(chosen, [])
  })

  test('imports nothing of the tests', () => {
    assert.deepEqual(
      offenders(({ to }) => to.startsWith('test/')),
      [],
    )
  })

  test('has no import cycles, nor any of types', () => {
    const edges = Map.groupBy(
      imports.filter(({ to }) => to.startsWith('src/')),
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

  test('tells everything that happens through src/events/teller.ts, which alone writes to the log', () => {
    const calls = /\blog(?:ger)?\??(?:\.(?:fatal|error|warn|info|debug|trace|child)\b|\[)/i
    assert.deepEqual(
      [...sources].filter(([, text]) => calls.test(text)).map(([file]) => file),
      ['src/log.ts', 'src/events/teller.ts'],
    )
  })

  test('has small files', () => {
    const lines = [...sources].map(([file, text]) => [file, text.split('\n').length - 1] as const)
    assert.deepEqual(
      lines.filter(([, n]) => n > 300),
      [],
    )
    const sorted = lines.map(([, n]) => n).sort((a, b) => a - b)
    assert.ok((sorted[Math.floor(sorted.length / 2)] ?? 0) < 100, 'half of the files have less than 100 lines')
  })

  test('says nothing of one machine', () => {
    const machine = /node_modules\/\.bin|\/(?:home|work|Users|root)\//
    assert.deepEqual(
      [...sources].filter(([, text]) => machine.test(text)).map(([file]) => file),
      [],
    )
  })

  test('is linted with exemptions for files that are there', () => {
    const { files, overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
    const listed: string[] = [files, ...overrides].flatMap(({ includes }) => includes)
    assert.ok(listed.length > 5)
    assert.deepEqual(
      listed.filter((glob) => globSync(glob.replace(/^!/, ''), { cwd: root }).length === 0),
      [],
    )
  })
})
