import type { TopicConfig } from '../../config/types.ts'

/** A Topic nobody configured: watched, never created. */
export function bareTopic(name: string): TopicConfig {
  return { name, payload: 'xep-0268', create: false, members: [], restrictions: [] }
}
