import { createRequire } from 'node:module'
import type * as undici from 'undici'

/*
 * Of undici what sends requests over HTTP/1.1: its index loads fetch, WebSocket, caches and mocks too, 6 MiB that nobody here asks for.
 * These paths are not among what it documents; its version is pinned, and test/undici.test.ts asks whether they lead to the same.
 */
const load = createRequire(import.meta.url)
const dispatcher: { readonly prototype: object } = load('undici/lib/dispatcher/dispatcher.js')
Object.assign(dispatcher.prototype, { request: load('undici/lib/api/api-request.js') })

export type Agent = undici.Agent
export const Agent: typeof undici.Agent = load('undici/lib/dispatcher/agent.js')
export type DispatchOptions = undici.Dispatcher.DispatchOptions
export type BuildOptions = undici.buildConnector.BuildOptions
export const buildConnector: typeof undici.buildConnector = load('undici/lib/core/connect.js')
