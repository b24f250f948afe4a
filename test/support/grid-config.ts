import { randomBytes } from 'node:crypto'
import type { LoginConfig, TopicConfig } from '../../src/config/types.ts'
import type { Broker } from './brokers.ts'

/** A grid section that logs in as `user` with `password`. */
export function gridConfig(
  broker: Pick<Broker, 'service' | 'domain' | 'ca' | 'broker'>,
  overrides: Partial<LoginConfig> = {},
): LoginConfig {
  return {
    service: broker.service,
    jid: `gateway@${broker.domain}`,
    auth: { kind: 'password', readPassword: () => 'gateway-secret', allowPlain: false },
    tls: { ca: broker.ca, minVersion: 'TLSv1.2' },
    broker: broker.broker,
    maxItem: 250_000,
    topics: [topicConfig()],
    resource: `test-${randomBytes(4).toString('hex')}`,
    participants: [],
    redirects: [],
    ...overrides,
  }
}

export function topicConfig(overrides: Partial<TopicConfig> = {}): TopicConfig {
  return {
    name: 'incident',
    title: 'IODEF incident reports',
    payload: 'xep-0268',
    create: true,
    access: 'whitelist',
    members: [],
    restrictions: ['public', 'partner'],
    ...overrides,
  }
}
