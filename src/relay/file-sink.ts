import type { Sink, SinkOutcome } from '../delivery/sink.ts'
import type { SendOutcome } from '../outcome.ts'
import type { SharedFile } from '../profile/file-sharing.ts'
import { differenceOf } from '../profile/stub.ts'
import type { Inspection } from '../reading/inspection.ts'
import { parseAwaited } from './awaited-file.ts'
import { takeLate } from './consume.ts'
import { consumedOr, read } from './look-at-item.ts'
import type { Consumed } from './part.ts'
import { type ConsumeOptions, isLenient, termsOf } from './understand.ts'

type Fetch = (
  file: SharedFile,
  signal: AbortSignal,
) => Promise<
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly outcome: Exclude<SendOutcome, { readonly kind: 'delivered' }> }
>

/**
 * Deliveries "to" a host that has the document of an item: fetched, read in a reading thread, held against the stub that named it, and
 * committed as any item of its Topic, whose cursor has long moved on. What comes is an item's payload, of either shape.
 */
export function createFileSink(options: ConsumeOptions, fetch: Fetch): Sink {
  const { reader, config } = options
  return {
    async send(unit, signal) {
      const [delivery] = unit
      if (delivery === undefined) return { kind: 'delivered' }
      const item = parseAwaited(delivery.payload)
      if (typeof item === 'string') return hold(item)
      const stub = consumedOr(await read(reader, item, { lenient: isLenient(config, item.topic) }))
      const file = stub.inspection.item?.file
      if (stub.consumed === undefined || file === undefined) return hold('invalid item: it names no file')
      if (typeof file === 'string') return hold(`invalid item: its file cannot be had: ${file}`)
      const fetched = await fetch(file, signal)
      if (fetched.kind === 'failed') return fetched.outcome
      const found = await documentOf(options, item.topic, stub.consumed, fetched.bytes)
      if (typeof found === 'string') return hold(`invalid item: its file ${found}`)
      await takeLate(options, item, { ...item, xml: found.xml }, found.inspection)
      return { kind: 'delivered' }
    },
  }
}

/** What the file holds, or, in words, why it does not go on: everything that an item of a Topic has to be, and the stub's own. */
async function documentOf(
  options: ConsumeOptions,
  topic: string,
  stub: Consumed,
  bytes: Uint8Array,
): Promise<{ readonly xml: string; readonly inspection: Inspection } | string> {
  const xml = textOf(bytes)
  if (xml === undefined) return 'is not UTF-8'
  const how = { terms: termsOf(options), lenient: isLenient(options.config, topic) }
  const { inspection, consumed } = consumedOr(await read(options.reader, { xml, topic }, how))
  if (consumed === undefined) return `is not valid: ${flawOf(inspection)}`
  if (inspection.item?.file !== undefined) return 'names another file'
  const difference = differenceOf(stub.part.incidents[0] ?? '', consumed.part.incidents[0] ?? '')
  return difference === undefined ? { xml, inspection } : `has another ${difference} than the item shows`
}

function hold(reason: string): SinkOutcome {
  return { kind: 'hold', reason: reason.slice(0, 1000) }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function flawOf({ valid, errors, format }: Inspection): string {
  const first = errors[0]
  if (!valid && first !== undefined) return `line ${first.line}: ${first.message}`
  return `it is ${format === 'unknown' ? 'no IODEF' : format}, which no item of a Topic is`
}
