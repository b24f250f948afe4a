/** Accepts and settles as fast as it can, and says what was acknowledged, until it is killed: `crash-child.ts PATH ROUND`. */
import { writeSync } from 'node:fs'
import { systemClock } from '../../../src/clock.ts'
import { openStore } from '../../../src/store/sqlite/sqlite-store.ts'
import { untold } from '../../../src/tell.ts'
import { delivery, envelope } from '../support.ts'

const [path, round] = process.argv.slice(2)
const store = await openStore({ path: path!, tell: untold, clock: systemClock })
await store.releaseLeases()
let next = 0

async function accept(): Promise<never> {
  for (;;) {
    const name = `${round}-${next++}`
    const parts = ['a', 'b'].map((part) => delivery(`${name}${part}`, { payload: 'x'.repeat(next % 5000) }))
    const { outcome } = await store.accept(envelope(systemClock, name, parts))
    writeSync(1, `${outcome} ${name}\n`)
  }
}

async function settle(): Promise<never> {
  for (;;) {
    const now = Date.now()
    const units = await store.claim({ kind: 'topic', destination: 'incident', limit: 5, now, leaseMs: 60_000 })
    const all = units.flat()
    await store.settle(all.map(({ id }) => ({ id, to: 'delivered' })))
    for (const { item } of all) writeSync(1, `delivered ${item}\n`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

await Promise.all([settle(), ...Array.from({ length: 8 }, accept)])
