import { GatewayError, messageOf } from '../../errors.ts'

/** Primary result codes (https://sqlite.org/rescode.html) that say something about the file or its disk. */
const UNAVAILABLE = new Set([3, 5, 6, 7, 8, 10, 13, 14, 15, 22])
const CORRUPT = new Set([11, 26])
const BUSY = new Set([5, 6])

/** The low byte of an extended result code; undefined when SQLite did not throw this. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** Another process holds the lock: soon over. */
export function isBusy(error: unknown): boolean {
  return BUSY.has(primaryCode(error) ?? -1)
}

/**
 * What SQLite or the file system threw, as the gateway's own error: 'store-unavailable' (the disk is full, read-only, gone,
 * locked), 'store-corrupt', or 'internal' for what one call alone did wrong.
 * `path` is named where SQLite does not say which file it means.
 */
export function storeError(error: unknown, path?: string): GatewayError {
  if (error instanceof GatewayError) return error
  const code = primaryCode(error)
  const detail = path === undefined || code === undefined ? messageOf(error) : `${path}: ${messageOf(error)}`
  if (code !== undefined && CORRUPT.has(code)) return new GatewayError('store-corrupt', detail, { cause: error })
  if ((code !== undefined && UNAVAILABLE.has(code)) || isFileError(error)) {
    return new GatewayError('store-unavailable', detail, { cause: error })
  }
  return new GatewayError('internal', detail, { cause: error })
}

/** Does this fault concern every write, or only the one that met it? */
export function concernsAll(error: unknown): boolean {
  const { code } = storeError(error)
  return code === 'store-unavailable' || code === 'store-corrupt'
}

/** The file system's refusal, or a use after close. */
function isFileError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return 'syscall' in error || ('code' in error && error.code === 'ERR_INVALID_STATE')
}
