/** Every code the gateway's own errors carry: stable, safe to show, `transient` (try again) or `permanent`. */
const CATALOGUE = {
  'config-invalid': { permanence: 'permanent', text: 'The configuration has errors.' },
  usage: { permanence: 'permanent', text: 'The command was not understood.' },
  'intake-timeout': { permanence: 'permanent', text: 'Reading the document took too long.' },
  'intake-memory': { permanence: 'permanent', text: 'Reading the document took too much memory.' },
  'intake-failed': { permanence: 'permanent', text: 'Reading the document failed.' },
  'intake-busy': { permanence: 'transient', text: 'Too many documents are being read.' },
  'store-unavailable': { permanence: 'transient', text: 'The store cannot be used.' },
  'store-corrupt': { permanence: 'permanent', text: 'The store holds what it should not.' },
  'audit-unavailable': { permanence: 'transient', text: 'The audit log cannot be used.' },
  'grid-away': { permanence: 'transient', text: 'The Controller cannot be reached.' },
  'grid-tls': { permanence: 'transient', text: 'The Controller is not who it should be.' },
  'grid-auth': { permanence: 'permanent', text: 'The Controller refused the login.' },
  'grid-conflict': { permanence: 'permanent', text: 'Somebody else logged in under the address of this gateway.' },
  'grid-timeout': { permanence: 'transient', text: 'The Controller did not answer in time.' },
  'grid-refused': { permanence: 'permanent', text: 'The Broker refused the request.' },
  'grid-busy': { permanence: 'transient', text: 'The Broker cannot take the request now.' },
  'peer-away': { permanence: 'transient', text: 'The RID peer cannot be reached.' },
  internal: { permanence: 'transient', text: 'Something unexpected happened.' },
} as const satisfies Record<string, { permanence: 'transient' | 'permanent'; text: string }>

export type ErrorCode = keyof typeof CATALOGUE

/**
 * An error of the gateway's own. Switch on `code`, never on `message`. `detail` is for logs and operators, and never holds
 * document bodies or secrets.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly permanence: 'transient' | 'permanent'
  readonly publicText: string
  /** what stands behind the code's sentence */
  readonly detail: string
  readonly fields: Readonly<Record<string, unknown>>

  /** `sentence`: how it begins, where the code's own is not quite what happened. */
  constructor(
    code: ErrorCode,
    detail?: string,
    options: { cause?: unknown; fields?: Record<string, unknown>; sentence?: string } = {},
  ) {
    const sentence = options.sentence ?? CATALOGUE[code].text
    super(detail === undefined ? sentence : `${sentence} ${detail}`, { cause: options.cause })
    this.name = 'GatewayError'
    this.code = code
    this.permanence = CATALOGUE[code].permanence
    this.publicText = CATALOGUE[code].text
    this.detail = detail ?? ''
    this.fields = options.fields ?? {}
  }
}

/** The message of anything that was thrown, for a log line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
