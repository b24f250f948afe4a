import { GatewayError, messageOf } from '../errors.ts'
import type { GridItem } from '../grid/contract.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Reader } from '../reading/reader.ts'
import { type Consumed, consumedFrom } from './part.ts'

interface ReadItemOptions {
  /** say what its Incident can be found by */
  readonly terms?: boolean
  /** as its Topic has it */
  readonly lenient?: boolean
}

type Payload = Pick<GridItem, 'xml'> & Partial<Pick<GridItem, 'topic'>>

/**
 * A document that cannot be read within the limits is the document's fault; everything else rejects, and is tried again. Time can
 * also run out because the machine stood still: so that is tried twice.
 */
export async function read(
  reader: Reader,
  item: Payload,
  { terms = false, lenient = false }: ReadItemOptions = {},
  again = true,
): Promise<Inspection> {
  try {
    const from = item.topic === undefined ? undefined : { topic: item.topic }
    return unlessMisfit(await reader.inspect(Buffer.from(item.xml), { charset: 'utf-8', terms, lenient }, from))
  } catch (error) {
    if (again && error instanceof GatewayError && error.code === 'intake-timeout')
      return read(reader, item, { terms, lenient }, false)
    if (!(error instanceof GatewayError) || error.permanence === 'transient') throw error
    return unreadable(error.code === 'intake-failed' ? error.message : error.publicText)
  }
}

/** What would make a RID message that is not valid can be sent to nobody. */
function unlessMisfit(inspection: Inspection): Inspection {
  const misfit = inspection.document?.misfit ?? null
  return misfit === null ? inspection : { ...unreadable(misfit), format: inspection.format, root: inspection.root }
}

/** What is known of an item that nobody could read: it is held. */
function unreadable(message: string): Inspection {
  return {
    format: 'XEP-0268',
    valid: false,
    errors: [{ line: 0, column: 0, message }],
    more: 0,
    warnings: [],
    remarks: [],
    root: '',
    rid: null,
    item: null,
    document: null,
  }
}

/** An item that the gateway itself throws at would do so at each try, and stop its Topic: it is held as well. */
export function consumedOr(inspection: Inspection): { inspection: Inspection; consumed: Consumed | undefined } {
  try {
    return { inspection, consumed: inspection.valid ? consumedFrom(inspection) : undefined }
  } catch (error) {
    return { inspection: unreadable(`The gateway failed at it: ${messageOf(error)}`), consumed: undefined }
  }
}

/** What an item says that was held because it was not valid; undefined when it still is not. Rejects when nobody could look. */
export async function readAgain(reader: Reader, xml: string, lenient = false): Promise<Consumed | undefined> {
  const inspection = await read(reader, { xml }, { lenient })
  // a stub is not the report that it stands for
  return inspection.valid && inspection.item?.file === undefined ? consumedFrom(inspection) : undefined
}
