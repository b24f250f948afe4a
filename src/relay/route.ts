import type { RouteConfig } from '../config/types.ts'

/** The Topic of the first route whose every given key matches, or undefined: then the message is refused. */
export function routeFor(
  routes: readonly RouteConfig[],
  message: { readonly peer: string; readonly purpose: string; readonly type: string },
): string | undefined {
  return routes.find(
    ({ match }) =>
      (match.peer?.includes(message.peer) ?? true) &&
      (match.purpose?.includes(message.purpose) ?? true) &&
      (match.type?.some((type) => type === message.type) ?? true),
  )?.topic
}
