import type { RouteConfig } from '../config/types.ts'

interface Message {
  readonly peer: string
  readonly purpose: string
  readonly type: string
}

/** The Topic of the first route whose every given key matches, or undefined: then the message is refused. */
export function routeFor(routes: readonly RouteConfig[], message: Message): string | undefined {
  return routes[routeIndex(routes, message)]?.topic
}

/** Its place among them, or -1. */
export function routeIndex(routes: readonly RouteConfig[], message: Message): number {
  return routes.findIndex(
    ({ match }) =>
      (match.peer?.includes(message.peer) ?? true) &&
      (match.purpose?.includes(message.purpose) ?? true) &&
      (match.type?.some((type) => type === message.type) ?? true),
  )
}
