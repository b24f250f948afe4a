/**
 * Loaded before every test file (`--import`), so that no run hangs without a word: see deadline-hooks. The runner itself and every
 * reader thread load it too; they have no tests.
 */
import { isMainThread } from 'node:worker_threads'

if (isMainThread && process.env.NODE_TEST_CONTEXT !== undefined) await import('./deadline-hooks.ts')
