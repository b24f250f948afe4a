import type { UploadConfig } from '../config/types.ts'
import type { SendOutcome } from '../outcome.ts'
import { decrypt, type Encrypted, encrypt, TAG } from './cipher.ts'
import { createHosts } from './hosts.ts'
import { createHttps, type Https, type HttpsAnswer } from './https.ts'
import { slotFields } from './slot-fields.ts'

/** Where a file may be put once, and where it is then (XEP-0363 §4). */
interface Slot {
  readonly kind: 'slot'
  readonly put: string
  readonly get: string
  readonly fields: readonly { readonly name: string; readonly value: string }[]
}

/** A file as a stub names it. */
type NamedFile = Omit<Encrypted, 'bytes'> & { readonly url: string }

/** `outcome`: it is not there; 'hold' for what no other try would change. */
type Failed = { readonly kind: 'failed'; readonly outcome: Exclude<SendOutcome, { readonly kind: 'delivered' }> }

/** Files beside items: put to an upload service, and fetched from one. Neither rejects. */
export interface Files {
  /** Encrypts it, and puts it where `slot` says, which is asked for so many bytes; nothing is encrypted that has no place. */
  put(
    plain: Uint8Array,
    slot: (bytes: number) => Promise<Slot | Failed>,
    signal: AbortSignal,
  ): Promise<NamedFile | Failed>
  /** What the file holds, looked at before and after it is decrypted. */
  fetch(file: NamedFile, signal: AbortSignal): Promise<{ readonly kind: 'bytes'; readonly bytes: Uint8Array } | Failed>
  /** The listed host of that URL; in a sentence, why there is none. */
  placeOf(url: string): { readonly host: string } | { readonly refused: string }
}

/** ms: putting is given what a slow line needs for it */
const PUT = 300_000
const FETCH = 30_000
/** bytes of an answer to a PUT: nobody reads it */
const SAID = 65_536

/** `largest`: bytes that a file may have, before it is encrypted. `ca`: PEM file, where the configuration of uploads names none. */
export function createFiles(
  config: UploadConfig,
  { largest, ca, https }: { readonly largest: number; readonly ca: string | undefined; readonly https?: Https },
): Files {
  const hosts = createHosts(config.hosts)
  const ask = https ?? createHttps({ hosts, ca: config.ca ?? ca })
  return {
    async put(plain, slot, signal) {
      const given = await slot(plain.length + TAG)
      if (given.kind === 'failed') return given
      const [to, from] = [hosts.admit(given.put), hosts.admit(given.get)]
      if (typeof to === 'string') return hold(`The upload service offers no place: ${to}`)
      if (typeof from === 'string') return hold(`The upload service offers no place: ${from}`)
      const { bytes, ...said } = encrypt(plain)
      const fields = { ...slotFields(given.fields), 'content-type': 'application/octet-stream' }
      const answer = await ask({ url: to, method: 'PUT', fields, body: bytes, limit: SAID, whole: PUT }, signal)
      const status = statusOf(answer)
      // XEP-0363 §4: and nothing else
      if (status === 201) return { ...said, url: given.get }
      return { kind: 'failed', outcome: passable(failed(answer, 'The upload service', to).outcome) }
    },
    async fetch(file, signal) {
      const url = hosts.admit(file.url)
      if (typeof url === 'string') return hold(url)
      if (file.size > largest) return hold(`The file has ${file.size} bytes, and rid.maxMessage is ${largest}.`)
      const answer = await ask({ url, method: 'GET', limit: file.size + TAG, whole: FETCH }, signal)
      if (answer.kind === 'too-large' && answer.status === 200)
        return hold(`invalid item: its file has more than the ${file.size + TAG} bytes that it should have`)
      if (answer.kind !== 'answer' || answer.status !== 200) return failed(answer, 'The file', url)
      const plain = decrypt(answer.body, file)
      return typeof plain === 'string'
        ? hold(`invalid item: its file is not what it should be: ${plain}`)
        : { kind: 'bytes', bytes: plain }
    },
    placeOf(url) {
      const admitted = hosts.admit(url)
      return typeof admitted === 'string' ? { refused: admitted } : { host: admitted.host }
    },
  }
}

/** It is the Topic that waits for it, and that takes others. */
function passable(outcome: Failed['outcome']): Failed['outcome'] {
  return outcome.kind === 'hold' ? outcome : { ...outcome, destinationDown: false, othersPass: true }
}

function statusOf(answer: HttpsAnswer): number | undefined {
  return answer.kind === 'answer' || answer.kind === 'too-large' ? answer.status : undefined
}

function hold(reason: string): Failed {
  return { kind: 'failed', outcome: { kind: 'hold', reason } }
}

/** Of an answer that is none of those that were hoped for. */
function failed(answer: HttpsAnswer, what: string, { host }: URL): Failed {
  if (answer.kind === 'private')
    return hold(
      `${what} cannot be reached: ${host} is at ${answer.address}, a private address that grid.upload.hosts does not list.`,
    )
  const status = statusOf(answer)
  if (answer.kind === 'away' || status === undefined) {
    const reason = answer.kind === 'away' ? answer.reason : 'no answer'
    return {
      kind: 'failed',
      outcome: { kind: 'retry', reason: `${what} cannot be reached at ${host}: ${reason}`, destinationDown: true },
    }
  }
  if (status >= 300 && status < 400) return hold(`${what}: ${host} answers ${status}, and no redirect is followed.`)
  if (status === 413) return hold(`${what}: ${host} answers 413, it is too large there.`)
  return {
    kind: 'failed',
    outcome: { kind: 'retry', reason: `${what}: ${host} answers ${status}.`, destinationDown: false, othersPass: true },
  }
}
