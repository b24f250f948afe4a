/** Looks at examples/compose.yaml where there is no engine. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { execForm, parseDockerfile, ROOT } from './parse.ts'

interface Service {
  readonly image?: string
  readonly build?: string | { readonly context: string; readonly dockerfile_inline?: string }
  readonly environment?: unknown
  readonly depends_on?: readonly string[]
  readonly networks?: readonly string[] | Readonly<Record<string, unknown>>
  readonly volumes?: readonly string[]
  readonly restart?: string
  readonly cap_drop?: readonly string[]
  readonly privileged?: boolean
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes?: Readonly<Record<string, unknown>>
  readonly networks?: Readonly<Record<string, unknown>>
}

export const COMPOSE = join(ROOT, 'examples/compose.yaml')

export function readCompose(text = readFileSync(COMPOSE, 'utf8')): Compose {
  return parse(text) as Compose
}

/** What is wrong with it, one sentence each. `exists`: of a path on the host, absolute. */
export function lintCompose(compose: Compose, exists: (path: string) => boolean = existsSync): string[] {
  return Object.entries(compose.services).flatMap(([name, service]) =>
    [
      ...lintBuild(service, exists),
      ...lintRights(service),
      ...lintVolumes(service, compose, exists),
      ...lintNames(service, compose),
    ].map((fault) => `${name}: ${fault}`),
  )
}

function lintBuild({ build, image }: Service, exists: (path: string) => boolean): string[] {
  if (build === undefined) return /:(?!latest$)[^/]+$/.test(image ?? '') ? [] : ['no image of a fixed version']
  const context = join(dirname(COMPOSE), typeof build === 'string' ? build : build.context)
  const inline = typeof build === 'string' ? undefined : build.dockerfile_inline
  if (inline === undefined) return exists(join(context, 'Dockerfile')) ? [] : [`there is no Dockerfile in ${context}`]
  const last = parseDockerfile(inline).at(-1)
  const of = (name: string) => last?.instructions.findLast((one) => one.name === name)?.rest
  const faults: string[] = []
  if (last?.base !== 'debian:bookworm-slim') faults.push(`is from ${last?.base}, and the tests run Debian 12`)
  if (/^(root|0)?$/.test(of('USER') ?? '')) faults.push('runs as root')
  if (execForm(of('CMD') ?? '') === undefined) faults.push('CMD in shell form: signals would not reach the Controller')
  return faults
}

function lintRights({ privileged, cap_drop, environment, restart }: Service): string[] {
  const faults: string[] = []
  if (privileged === true) faults.push('is privileged')
  if (cap_drop?.includes('ALL') !== true) faults.push('keeps capabilities')
  if (/password|secret|token/i.test(JSON.stringify(environment ?? ''))) faults.push('a secret is in its environment')
  if (restart === undefined) faults.push('does not come back after a restart of the machine')
  return faults
}

function lintVolumes({ volumes = [] }: Service, compose: Compose, exists: (path: string) => boolean): string[] {
  return volumes.flatMap((volume) => {
    const [source = '', , mode] = volume.split(':')
    if (!source.startsWith('.')) {
      return Object.hasOwn(compose.volumes ?? {}, source) ? [] : [`there is no volume ${source}`]
    }
    if (mode !== 'ro') return [`${source} can be written to`]
    return exists(join(dirname(COMPOSE), source)) ? [] : [`there is no ${source}`]
  })
}

function lintNames({ depends_on = [], networks = [] }: Service, compose: Compose): string[] {
  const used = Array.isArray(networks) ? (networks as string[]) : Object.keys(networks)
  return [
    ...depends_on.filter((one) => !Object.hasOwn(compose.services, one)).map((one) => `there is no service ${one}`),
    ...used.filter((one) => !Object.hasOwn(compose.networks ?? {}, one)).map((one) => `there is no network ${one}`),
  ]
}
