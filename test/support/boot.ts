import { pino } from 'pino'
import { loadConfig } from '../../src/config/config.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import type { Site } from './site.ts'

/** Starts the site's gateway in this process, without a log. */
export function boot(site: Site): Promise<Gateway> {
  return createGateway(loadConfig(site.configFile), { log: pino({ level: 'silent' }) })
}
