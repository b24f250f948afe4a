import { NS } from '../xml/namespaces.ts'

/** What an IODEF-Document is taken to be when nothing else is said. */
export const PLAIN_SHELL = `<IODEF-Document xmlns="${NS.iodef2}" version="2.00"></IODEF-Document>`

/** Puts Incidents (normal form) into a shell (normal form): RFC 7970 §3.1, they come before AdditionalData. */
export function joinDocument(shell: string, incidents: readonly string[]): string {
  // in a shell's start tag `>` can stand inside quotes
  const start = /^<(?:[^"'>]|"[^"]*")*>/.exec(shell)?.[0] ?? ''
  return start + incidents.join('') + shell.slice(start.length)
}
