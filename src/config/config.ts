import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { GatewayError } from '../errors.ts'
import { parsePasswordHash } from '../password-hash.ts'
import { crossCheck } from './cross-checks.ts'
import { type Env, expand } from './env.ts'
import { type Model, model } from './model.ts'
import { type NamedFile, namedFiles } from './named-files.ts'
import { ConfigError, type Finding, osReason, type Path, type Problem, pathParts, pathText } from './problems.ts'
import { readSource, type Source } from './read.ts'
import { type Restricted, restrictedIn } from './restricted.ts'
import { isLocal } from './store-model.ts'
import type { Config, GridAuth, StoreConfig } from './types.ts'

export interface Loaded {
  /** absent when there are problems */
  readonly config?: Config
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** what may well be meant so */
  readonly notes: readonly Problem[]
  readonly files: readonly NamedFile[]
  readonly restricted: readonly Restricted[]
  /** the line (from 1) of a key path, as `peers[0].url`, or of the nearest thing around it */
  readonly lineOf: (path: string) => number | undefined
}

interface ReadOptions {
  /** false: it need not be known how to log in, for what does not [true] */
  readonly secrets?: boolean
}

/**
 * Reads the configuration: checked, complete with defaults, paths absolute, frozen. Throws ConfigError ('config-invalid') with
 * every problem at once. Files that it names are not opened: `check` does that.
 */
export function loadConfig(file: string, env: Env = process.env, options: ReadOptions = {}): Config {
  const { config, problems } = readConfig(file, env, options)
  if (config === undefined) throw new ConfigError(file, problems)
  return config
}

/** The same without throwing, and with what is only worth a warning. */
export function readConfig(file: string, env: Env = process.env, options: ReadOptions = {}): Loaded {
  const { source, problems } = readSource(file)
  if (source === undefined)
    return { problems, warnings: [], notes: [], files: [], restricted: [], lineOf: () => undefined }
  return buildConfig(source, dirname(resolve(file)), env, options)
}

/** `folder` is what relative paths are relative to. */
export function buildConfig(source: Source, folder: string, env: Env, { secrets = true }: ReadOptions = {}): Loaded {
  const found: Finding[] = []
  const tree = expand(withoutNulls(source.value), env, found, isSecret)
  const parsed = model.safeParse(tree, { reportInput: false })
  for (const issue of parsed.error?.issues ?? []) {
    const path = issue.path.filter((part) => typeof part !== 'symbol')
    if (issue.code !== 'unrecognized_keys') found.push({ path, message: issue.message })
    else
      issue.message
        .split('\n')
        .forEach((message, i) => void found.push({ path: [...path, issue.keys[i] ?? ''], message }))
  }
  const cross = crossCheck(tree)
  found.push(...cross.problems)
  for (const [path, written] of secretsOf(parsed.data)) {
    if (written === undefined || !('env' in written)) continue
    if (env[written.env]) {
      if (isHash(path) && parsePasswordHash(env[written.env] ?? '') === undefined)
        found.push({ path: [...path], message: `${written.env} holds no hash as iodef-gateway passwd prints it` })
      continue
    }
    const is = env[written.env] === '' ? 'empty' : 'not set'
    found.push({ path: [...path], message: `the environment variable ${written.env} is ${is}` })
  }
  const isNeeded = ({ path }: Finding) =>
    secrets || !/^(?:grid\.auth|ops\.token|peers\[\d+\]\.(?:identity\.)?basic\.password)/.test(pathText(path))
  const told = found.filter(isNeeded)
  const problems = firstOfEachPath(told).map((finding) => located(finding, source))
  // what belongs together can only be looked at where each part can be read
  const isUnlinked = problems.some(({ path }) => LINKED.test(path))
  const linked = (findings: readonly Finding[]) =>
    isUnlinked ? [] : inOrder(findings.map((found) => located(found, source)))
  const lineOf = (path: string) => source.line(pathParts(path))
  // a name that is wrong, as by a variable that is not set, need not also be called a file that cannot be read
  const files = namedFiles(tree, folder)
    .filter((named) => !problems.some(({ path }) => path === named.path))
    .map((named) => ({ ...named, line: lineOf(named.path) }))
  const loaded = {
    problems: inOrder(problems),
    warnings: linked(cross.warnings),
    notes: linked(cross.notes),
    files,
    restricted: restrictedIn(tree),
    lineOf,
  }
  if (parsed.data === undefined || problems.length > 0) return loaded
  return { ...loaded, config: deepFreeze(toConfig(parsed.data, folder, env)) }
}

/** `key:` with nothing behind it is the same as no key. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, entry]) => entry !== null)
  return Object.fromEntries(kept.map(([key, entry]) => [key, withoutNulls(entry)]))
}

function isSecret(path: Path): boolean {
  return /^(?:grid\.auth\.password|ops\.token|store\.password|peers\[\d+\]\.(?:identity\.)?basic\.password)$/.test(
    pathText(path),
  )
}

function isHash(path: Path): boolean {
  return path.includes('identity')
}

type Secret = { readonly file: string } | { readonly env: string } | { readonly hash: string }

/** Where secrets stand, and where these say that they are. */
function secretsOf(m: Model | undefined): [Path, Secret | undefined][] {
  return [
    [['grid', 'auth', 'password'], m?.grid.auth.password],
    [['ops', 'token'], m?.ops.token],
    [['store', 'password'], m?.store.password],
    ...(m?.peers ?? []).flatMap((peer, i): [Path, Secret | undefined][] => [
      [['peers', i, 'identity', 'basic', 'password'], peer.identity.basic?.password],
      [['peers', i, 'basic', 'password'], peer.basic?.password],
    ]),
  ]
}

/** Names of peers and Topics, and where they are used; or a key at the top that nobody knows. */
const LINKED = /^(?:peers|routes|grid\.topics)\b|^[^.[]+$/

/** A value that could not be expanded need not also be called a bad URL. */
function firstOfEachPath(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ path }) => {
    const key = pathText(path)
    return !seen.has(key) && seen.add(key)
  })
}

function located({ path, message }: Finding, source: Source): Problem {
  const line = source.line(path)
  return { path: pathText(path), message, ...(line !== undefined && { line }) }
}

function inOrder(problems: Problem[]): Problem[] {
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

function toConfig(m: Model, folder: string, env: Env): Config {
  const absolute = (path: string) => resolve(folder, path)
  const files = <T extends Record<string, string | undefined>>(tls: T): T =>
    Object.fromEntries(Object.entries(tls).map(([k, v]) => [k, v !== undefined && k !== 'pin' ? absolute(v) : v])) as T
  return {
    rid: { ...m.rid, tls: files(m.rid.tls) },
    peers: m.peers.map((peer, i) => withSecrets(peer, `peers[${i}]`, folder, env)),
    grid: {
      service: m.grid.service,
      jid: m.grid.jid,
      auth: gridAuth(m, absolute, folder, env),
      tls: { ...files(m.grid.tls), minVersion: 'TLSv1.2' },
      broker: m.grid.broker,
      maxItem: m.grid.maxItem,
      topics: m.grid.topics,
      resource: m.grid.resource,
      participants: m.grid.participants,
      redirects: m.grid.redirects,
      upload: { ...m.grid.upload, ...(m.grid.upload.ca !== undefined && { ca: absolute(m.grid.upload.ca) }) },
    },
    routes: withoutAnonymous(m),
    store: storeConfig(m, absolute, folder, env),
    ops: {
      host: m.ops.host,
      port: m.ops.port,
      ...(m.ops.token && { readToken: reader(m.ops.token, 'ops.token', folder, env) }),
    },
    log: m.log,
    delivery: m.delivery,
    exchanges: m.exchanges,
    archive: m.archive,
    ...(m.audit && { audit: { ...m.audit, path: absolute(m.audit.path) } }),
  }
}

function storeConfig({ store }: Model, absolute: (path: string) => string, folder: string, env: Env): StoreConfig {
  const { path = 'gateway', postgres: url, schema, password } = store
  if (url === undefined) return { path: absolute(path) }
  const tls = store.tls ?? (isLocal(url) ? undefined : {})
  return {
    path: absolute(path),
    postgres: {
      ...{ url, schema },
      ...(password && { readPassword: reader(password, 'store.password', folder, env) }),
      ...(tls && { tls: Object.fromEntries(Object.entries(tls).map(([name, file]) => [name, absolute(file)])) }),
    },
  }
}

function gridAuth({ grid }: Model, absolute: (path: string) => string, folder: string, env: Env): GridAuth {
  const { password } = grid.auth
  if (password === undefined) return { kind: 'external' }
  const allowPlain = grid.auth.allowPlain ?? grid.allowPlain ?? false
  const readPassword = reader(password, 'grid.auth.password', folder, env)
  return { kind: 'password', allowPlain, readPassword, ...('file' in password && { file: absolute(password.file) }) }
}

/** A route that names no peer is for all but the one that is anybody: that one has to be named. */
function withoutAnonymous({ peers, routes }: Model): Config['routes'] {
  const known = peers.flatMap(({ name, identity }) => (identity.anonymous ? [] : name))
  if (known.length === peers.length) return routes
  return routes.map((route) => {
    const { peer, jid } = route.match
    const isForAll = peer === undefined && jid === undefined && route.ask === undefined
    return isForAll ? { ...route, match: { ...route.match, peer: known } } : route
  })
}

function withSecrets({ identity, basic, ...peer }: Model['peers'][number], path: string, folder: string, env: Env) {
  const { basic: shown, anonymous, ...certificate } = identity
  const { password, user } = shown ?? {}
  const read = (secret: Secret, key: string) => reader(secret, `${path}.${key}.password`, folder, env)
  const known = password &&
    user !== undefined && {
      user,
      readHash: read(password, 'identity.basic'),
      ...('file' in password && { file: resolve(folder, password.file) }),
    }
  return {
    ...peer,
    identity: { ...certificate, ...(known && { basic: known }), ...(anonymous && { anonymous }) },
    ...(basic && { basic: { user: basic.user, readPassword: read(basic.password, 'basic') } }),
  }
}

/** A secret is read each time it is needed: the file may be changed while the gateway runs, and no copy is kept. */
function reader(secret: Secret, key: string, folder: string, env: Env): () => string {
  if ('hash' in secret) return () => secret.hash
  if ('env' in secret) return () => env[secret.env] ?? ''
  const file = resolve(folder, secret.file)
  return () => readSecret(file, key)
}

/** What stands in the file that `key` names. Throws GatewayError 'config-invalid'. */
export function readSecret(file: string, key: string): string {
  try {
    // without the line end that editors put behind it
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new GatewayError('config-invalid', `${key}: ${osReason(error)}`, { cause: error })
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const entry of Object.values(value)) deepFreeze(entry)
  return value
}
