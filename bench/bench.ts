/** `npm run bench -- [PART...]`: what the gateway costs, each as a ratio within one run. bench/README.md has measured figures. */
import { availableParallelism, cpus } from 'node:os'

const PARTS: Readonly<Record<string, () => Promise<() => Promise<void>>>> = {
  account: async () => (await import('./part-account.ts')).benchAccount,
  store: async () => (await import('./part-store.ts')).benchStore,
  postgres: async () => (await import('./part-postgres.ts')).benchPostgres,
  shared: async () => (await import('./part-shared.ts')).benchShared,
  growth: async () => (await import('./part-growth.ts')).benchGrowth,
  prune: async () => (await import('./part-prune.ts')).benchPrune,
  gateways: async () => (await import('./part-gateways.ts')).benchGateways,
  sketch: async () => (await import('./part-sketch.ts')).benchSketch,
  validate: async () => (await import('./part-validate.ts')).benchValidate,
  post: async () => (await import('./part-post.ts')).benchPost,
  publish: async () => (await import('./part-publish.ts')).benchPublish,
  scripted: async () => (await import('./part-scripted.ts')).benchScripted,
  hostile: async () => (await import('./part-hostile.ts')).benchHostile,
  deliver: async () => (await import('./part-deliver.ts')).benchDeliver,
  restart: async () => (await import('./part-restart.ts')).benchRestart,
  latency: async () => (await import('./part-latency.ts')).benchLatency,
  sizes: async () => (await import('./part-sizes.ts')).benchSizes,
  many: async () => (await import('./part-many.ts')).benchMany,
  catchup: async () => (await import('./part-catchup.ts')).benchCatchup,
  peers: async () => (await import('./part-peers.ts')).benchPeers,
  archive: async () => (await import('./part-archive.ts')).benchArchive,
  memory: async () => (await import('./part-memory.ts')).benchMemory,
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name))
if (unknown.length > 0) {
  console.error(`npm run bench -- [PART...]; parts: ${Object.keys(PARTS).join(' ')}; not ${unknown.join(' ')}`)
  process.exit(2)
}
console.log(`Node.js ${process.versions.node}, ${availableParallelism()} cores, ${cpus()[0]?.model}`)
for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
  const began = Date.now()
  console.log(`\n${name}`)
  await (await PARTS[name]?.())?.()
  console.log(`  (${Math.round((Date.now() - began) / 1000)} s)`)
}
process.exit(0)
