import { type Element, xml } from '@xmpp/client'
import type { UploadSlot } from '../contract.ts'
import { readForm } from '../pubsub/forms.ts'
import { DISCO_INFO, DISCO_ITEMS, disco } from '../pubsub/protocol.ts'
import { errorText, type IqAnswer } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'

/** XEP-0363 */
const UPLOAD = 'urn:xmpp:http:upload:0'
const TYPE = 'application/octet-stream'
/** services that a Controller may name before one of them says what it is */
const MOST = 50

/** An upload service and the largest file it takes, in bytes, where it says so. */
interface UploadService {
  readonly jid: string
  readonly maxFileSize: number | undefined
}

/**
 * The service `jid`, or the first of those that the Controller names (XEP-0363 §3). A sentence where there is none; undefined when nobody
 * answered. Never rejects.
 */
export async function findUploadService(
  session: Session,
  jid: string | undefined,
  signal?: AbortSignal,
): Promise<UploadService | string | undefined> {
  if (jid !== undefined) {
    const one = await look(session, jid, signal)
    return one === 'other' ? `${jid} is no upload service (XEP-0363).` : one
  }
  const { domain } = session.address
  const listed = await ask(session, domain, DISCO_ITEMS, signal)
  if (listed.kind === 'away' || listed.kind === 'timeout') return undefined
  const items =
    listed.kind === 'result' ? (listed.stanza.getChild('query', DISCO_ITEMS)?.getChildren('item') ?? []) : []
  for (const service of [...items.flatMap(({ attrs }) => attrs.jid ?? []).slice(0, MOST), domain]) {
    const one = await look(session, service, signal)
    if (typeof one === 'object') return one
  }
  return 'The Controller names no upload service (XEP-0363).'
}

function ask(session: Session, to: string, ns: string, signal: AbortSignal | undefined): Promise<IqAnswer> {
  return session.request({ to, type: 'get', payload: disco(ns), ...(signal && { signal }) })
}

async function look(
  session: Session,
  jid: string,
  signal: AbortSignal | undefined,
): Promise<UploadService | 'other' | undefined> {
  const answer = await ask(session, jid, DISCO_INFO, signal)
  if (answer.kind === 'away' || answer.kind === 'timeout') return undefined
  const query = answer.kind === 'result' ? answer.stanza.getChild('query', DISCO_INFO) : undefined
  if (!query?.getChildren('feature').some(({ attrs }) => attrs.var === UPLOAD)) return 'other'
  const forms = query.getChildren('x').map((form) => readForm(xml('query', {}, form), UPLOAD))
  const [size] = forms.flatMap((form) => form['max-file-size'] ?? [])
  return { jid, maxFileSize: size !== undefined && /^\d{1,15}$/.test(size) ? Number(size) : undefined }
}

/** What no other try would change: all else may be over by itself, as a service that is not there now, or a quota. */
const FINAL = ['not-acceptable', 'bad-request', 'forbidden', 'not-allowed']

/** Where the last slot of a session was given: nobody is asked for the service again as long as it gives some. */
const given = new WeakMap<Session, string>()

/** A slot for a file (XEP-0363 §4) at `service`, or the one that the Controller names; why there is none. Never rejects. */
export async function uploadSlot(
  session: Session | undefined,
  service: string | undefined,
  file: { readonly name: string; readonly size: number },
  signal: AbortSignal,
): Promise<UploadSlot> {
  if (session === undefined) return { kind: 'retry', reason: 'The Controller is not connected.', destinationDown: true }
  const known = given.get(session)
  const found = known === undefined ? await findUploadService(session, service, signal) : { jid: known }
  if (typeof found !== 'object') return later(found ?? 'The Controller does not say where files may be put.')
  const slot = await slotAt(session, found.jid, file, signal)
  if (slot.kind === 'slot') given.set(session, found.jid)
  else given.delete(session)
  return slot
}

/** The same at this service. */
export async function slotAt(
  session: Session,
  jid: string,
  file: { readonly name: string; readonly size: number },
  signal: AbortSignal,
): Promise<UploadSlot> {
  const fields = { xmlns: UPLOAD, filename: file.name, size: String(file.size), 'content-type': TYPE }
  const payload = xml('request', fields).toString()
  const answer = await session.request({ to: jid, type: 'get', payload, signal })
  if (answer.kind === 'error') {
    const reason = `The upload service ${jid} gives no place for ${file.size} bytes: ${errorText(answer.error)}`
    const isFinal = answer.error.type !== 'wait' && FINAL.includes(answer.error.condition)
    return isFinal ? { kind: 'hold', reason } : later(reason)
  }
  if (answer.kind !== 'result') return later(`The upload service ${jid} did not answer.`)
  return slotIn(answer.stanza) ?? { kind: 'hold', reason: `The upload service ${jid} gives a slot without a place.` }
}

/** The Topic that waits for it takes others. */
function later(reason: string) {
  return { kind: 'retry', reason, destinationDown: false, othersPass: true } as const
}

function slotIn(stanza: Element): UploadSlot | undefined {
  const slot = stanza.getChild('slot', UPLOAD)
  const [put, get] = [slot?.getChild('put'), slot?.getChild('get')]
  const [to, from] = [put?.attrs.url, get?.attrs.url]
  if (!to || !from) return undefined
  const fields = (put?.getChildren('header') ?? []).map((header) => ({
    name: header.attrs.name ?? '',
    value: header.text(),
  }))
  return { kind: 'slot', put: to, get: from, fields }
}
