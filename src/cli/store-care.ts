import { storeAt } from '../config/store-at.ts'
import type { StoreConfig } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import { backUp, checkStore, compactStore, copyStore, restoreStore } from '../store/open-store.ts'
import { actionOf, CONFIG, configWithoutLogin, nothingMore, parse, required } from './options.ts'
import { type Command, type ExitCode, type Io, printable, write } from './output.ts'

const ACTIONS = ['backup', 'restore', 'check', 'compact', 'copy'] as const

const OPTIONS = { ...CONFIG, from: { type: 'string' }, to: { type: 'string' } } as const

const OWN_TOOLS =
  'The store is in PostgreSQL, which has its own tools for that: pg_dump, pg_basebackup, VACUUM, pg_amcheck.'

/** ms between two lines that say how far it is */
const SAY_AGAIN = 2000

export const store: Command = {
  name: 'store',
  summary: 'backs up, restores, checks, compacts and copies the store',
  usage: 'iodef-gateway store backup FILE|restore FILE|check|compact|copy [--from STORE] [--to STORE] [--config FILE]',
  help: `
The store holds every report that was taken in, until it is delivered, and what became of it.

  backup FILE    a whole copy in one new file, mode 600, read anew and sound; the gateway may be running
  restore FILE   puts such a copy in the place of the store; what was there is kept beside it. Only while no gateway runs
  check          looks at every page and row; the gateway may be running
  compact        gives back to the disk what is not needed any more. Only while no gateway runs

  copy           copies all of a store in SQLite into one in PostgreSQL, which is empty, or back into a new file, mode 600. Only while no
                 gateway runs on either. Each row is read again at its new place; begun again it goes on. The source stays as it is

A restored store is as it was: what was delivered since is sent once more, under the same item ids, and nothing is known of what was
taken in since.

  -c, --config FILE   the configuration, which says where the store is [gateway.yaml]
      --from STORE    what is copied [the store of the configuration]
      --to STORE      where it goes [the store of the configuration]

STORE is a file, or postgres://USER@HOST[,HOST]/DATABASE: with schema, password and tls of the configuration's store.

Exit code 0: done. 1: check found something. 3: the store cannot be used, or is in use.

  iodef-gateway store backup /var/backups/gateway-$(date +%F).db --config gateway.yaml
  iodef-gateway store copy --from postgres://gateway@db.example/iodef --to gateway.db --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, OPTIONS)
    const [action, ...rest] = positionals
    const known = actionOf('store', action, ACTIONS)
    const takesFile = known === 'backup' || known === 'restore'
    const file = takesFile ? required(rest[0], 'FILE') : ''
    nothingMore(rest.slice(takesFile ? 1 : 0))
    const configured = configWithoutLogin(values, io).store
    const { path, postgres } = configured
    if (known === 'copy') return await copy(values, configured, io)
    const [unused] = ['from', 'to'].filter((name) => name in values)
    if (unused !== undefined) throw new GatewayError('usage', `--${unused} is for "store copy".`)
    if (postgres !== undefined) throw new GatewayError('usage', OWN_TOOLS)
    const say = (text: string) => write(io.out, `${printable(text)}\n`)
    if (known === 'backup') await say(`${file}: ${backUp(path, file).bytes} bytes, sound`)
    else if (known === 'compact') {
      const { before, after } = compactStore(path)
      await say(`${path}: ${after} bytes, ${before} before`)
    } else if (known === 'restore') {
      const { kept } = restoreStore(file, path, new Date())
      await say(`${path} is now what ${file} is${kept === null ? '' : `; what was there is ${kept}`}`)
    } else {
      const flaws = checkStore(path)
      for (const line of flaws.length === 0 ? [`${path}: sound`] : [`${path} is not sound:`, ...flaws]) await say(line)
      return flaws.length === 0 ? 0 : 1
    }
    return 0
  },
}

type Ends = { readonly from?: string | undefined; readonly to?: string | undefined }

async function copy({ from, to }: Ends, configured: StoreConfig, io: Io): Promise<ExitCode> {
  if (from === undefined) required(to, '--from STORE, or --to STORE,')
  const at = (written: string | undefined) => (written === undefined ? configured : storeAt(written, configured))
  let said = performance.now()
  const rows = await copyStore(at(from), at(to), (table, count, doing) => {
    if (performance.now() - said < SAY_AGAIN) return
    said = performance.now()
    void write(io.err, `${table}: ${count} rows ${doing}\n`)
  })
  await write(
    io.out,
    `${printable(nameOf(at(from)))}: ${rows} rows copied to ${printable(nameOf(at(to)))}, and read again\n`,
  )
  return 0
}

function nameOf({ path, postgres }: StoreConfig): string {
  return postgres === undefined ? path : `${postgres.url}, schema ${postgres.schema}`
}
