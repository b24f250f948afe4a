/** A SASL mechanism from the client's side (RFC 4422). Data is what stands between the base64. */
export interface Mechanism {
  readonly name: string
  /** the initial response; '' is sent as `=` (RFC 6120 §6.4.2) */
  start(): string
  /** Answers a challenge. Throws SaslError when the server does not behave as it must. */
  challenge(data: string): Promise<string>
  /** The server says success, perhaps with data. Throws SaslError unless it has proved what the mechanism has it prove. */
  success(data: string | undefined): void
}

/** The exchange broke the mechanism's rules: the other side cannot be trusted. */
export class SaslError extends Error {}
