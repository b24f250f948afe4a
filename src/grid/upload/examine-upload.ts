import type { GridConfig } from '../../config/types.ts'
import type { GridFinding } from '../contract.ts'
import type { Session } from '../xmpp/session.ts'
import { findUploadService, slotAt } from './slot.ts'

/** bytes: an empty file gets no slot anywhere */
const LEAST = 1

/**
 * What an upload would meet: is there a service, does it take files of `largest` bytes, and are the hosts that it names listed? One slot is
 * asked for and not used.
 */
export async function examineUpload(
  session: Session,
  { upload, topics }: GridConfig,
  largest: number,
  signal: AbortSignal,
): Promise<GridFinding[]> {
  if (!topics.some(({ large }) => large === 'upload')) return []
  const problem = (path: string, message: string): GridFinding[] => [{ kind: 'problem', path, message }]
  const service = await findUploadService(session, upload?.service, signal)
  if (service === undefined) return problem('grid.upload.service', 'nobody says where files may be put')
  if (typeof service === 'string') return problem('grid.upload.service', service)
  const { jid, maxFileSize = Number.POSITIVE_INFINITY } = service
  const size = `${jid} takes files of ${maxFileSize} bytes, less than rid.maxMessage: larger reports are accepted, and held`
  const found: GridFinding[] =
    maxFileSize < largest ? [{ kind: 'warning', path: 'grid.upload.service', message: size }] : []
  const slot = await slotAt(session, jid, { name: 'check.xml', size: LEAST }, signal)
  if (slot.kind !== 'slot') return [...found, ...problem('grid.upload.service', slot.reason)]
  const places = [slot.put, slot.get].map((url) => URL.parse(url))
  if (places.some((place) => place?.protocol !== 'https:')) {
    return [...found, ...problem('grid.upload.service', `${jid} offers places that are not at https://`)]
  }
  const hosts = new Set(places.flatMap((place) => place?.host ?? []))
  const missing = [...hosts].filter((host) => !upload?.hosts.includes(host))
  const unlisted = missing.map((host) => problem('grid.upload.hosts', `does not list ${host}, where ${jid} puts files`))
  return [...found, ...unlisted.flat()]
}
