import type { GridConfig, PeerConfig, TopicConfig } from '../../src/config/types.ts'

/** A grid with one Topic that takes public and partner reports; nothing connects to it. */
export function topic(name: string, more: Partial<TopicConfig> = {}): GridConfig {
  const own: TopicConfig = {
    name,
    payload: 'xep-0268',
    create: false,
    access: 'whitelist',
    members: [],
    restrictions: ['public', 'partner'],
    ...more,
  }
  return {
    service: 'xmpp://127.0.0.1:5222',
    jid: 'gateway@grid.example',
    auth: { kind: 'external' },
    tls: { minVersion: 'TLSv1.2' },
    broker: 'pubsub.grid.example',
    maxItem: 250_000,
    topics: [own],
    resource: 'iodef-gateway',
    participants: [],
    redirects: [],
  }
}

/** A peer that may publish Reports to that Topic, and is sent nothing. */
export function publisher(topicName: string): PeerConfig {
  return {
    name: 'a',
    identity: {},
    accept: ['Report'],
    publish: [topicName],
    topics: [],
    send: ['Report'],
    restrictions: [],
    policy: { region: 'PeerToPeer', traffic: 'Attack' },
    strict: false,
    replies: 'strict',
  }
}

/** The RID system that a message goes to, as its RIDPolicy names it. */
export const TO_PEER = { name: 'csirt-a.example', address: '192.0.2.65' }
