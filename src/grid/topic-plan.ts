import type { GridConfig, TopicConfig } from '../config/types.ts'
import { bareTopic } from './pubsub/bare-topic.ts'

/** A Topic to work on. */
export interface TopicPlan {
  readonly topic: TopicConfig
  readonly consumed: boolean
}

/** By name: those that are configured, and those that are only consumed. `liveOnly`: whoever watches creates nothing, and looks at no others. */
export function plansOf(
  { topics }: Pick<GridConfig, 'topics'>,
  consume: readonly string[],
  liveOnly = false,
): ReadonlyMap<string, TopicPlan> {
  const known = new Set(topics.map(({ name }) => name))
  const configured = topics.filter(({ name }) => !liveOnly || consume.includes(name))
  const others = [...new Set(consume)].filter((name) => !known.has(name)).map(bareTopic)
  const plans = [...configured, ...others].map((topic) => {
    const { name } = topic
    return [name, { topic: liveOnly ? { ...topic, create: false } : topic, consumed: consume.includes(name) }] as const
  })
  return new Map(plans)
}

/** What a session is opened with. A password's file counts, not what is in it: that is for the next login. */
export function loginOf({ service, auth, tls, resource }: GridConfig): unknown {
  const how = auth.kind === 'external' ? auth.kind : [auth.allowPlain, auth.file ?? auth.readPassword()]
  return { service, how, tls, resource }
}
