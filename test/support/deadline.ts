/**
 * Loaded before every test file (`--import`), so that no run hangs without a word: see deadline-hooks. The runner itself and every
 * reader thread load it too; they have no tests. A thread, which has no environment, takes from here where compiled modules are kept.
 */
import { enableCompileCache } from 'node:module'
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

const CACHE = 'iodef-gateway compiled'

if (isMainThread) setEnvironmentData(CACHE, process.env.NODE_COMPILE_CACHE)
else {
  const folder = getEnvironmentData(CACHE)
  if (typeof folder === 'string') enableCompileCache(folder)
}
if (isMainThread && process.env.NODE_TEST_CONTEXT !== undefined) await import('./deadline-hooks.ts')
