import type { TraceEvent } from '../store/contract.ts'

/** What a person wants to know of a trace row: `source -> destination`, the reason, then the rest; digests stay out of the way. */
export function traceWords({ source, destination, reason, note, ...rest }: TraceEvent['fields']): string {
  const where = [source, destination].filter((end) => end !== undefined && end !== null).join(' -> ')
  const shown = ['delivery', 'attempts', 'nextAttempt', 'msgType', 'deliveries', 'code', 'was', 'by']
  const others = shown.flatMap((key) => (rest[key] === undefined || rest[key] === null ? [] : [`${key} ${rest[key]}`]))
  return [where, reason ?? note ?? '', others.join(', ')].filter((part) => part !== '').join(' · ')
}

/** A reason without what is different each time: reasons that are alike are one line of a summary. */
export function alike(reason: string | null): string {
  return (reason ?? '')
    .slice(0, 200)
    .replace(/\b[0-9a-f]{16,}\b/g, '…')
    .replace(/\d+/g, 'N')
}
