import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/** What is kept of a password: scrypt (RFC 7914) of it, with salt and cost. */
export interface PasswordHash {
  readonly cost: ScryptCost
  readonly salt: Buffer
  readonly hash: Buffer
}

/** `ln`: log2 of N. One takes 128 * r * 2^ln bytes of memory, and p times as long. */
interface ScryptCost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** 32 MiB and some fifty milliseconds: enough for who guesses, not too much for who has to check. */
const COST: ScryptCost = { ln: 15, r: 8, p: 1 }
const BYTES = { salt: 16, hash: 32 }
/** bytes: what a costlier hash may take of them */
const MEMORY = 128 * 2 ** 20

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{43,86})$/

/** Reads `$scrypt$ln=15,r=8,p=1$SALT$HASH`, base64 without padding; undefined for another text, and for one that costs too little or too much. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, ln, r, p, salt = '', hash = ''] = PHC.exec(text) ?? []
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  const dear = cost.p > 4 || memoryOf(cost) > MEMORY
  // not so of what is no number
  if (!(cost.ln >= 14 && cost.r >= 8 && cost.p >= 1) || dear) return undefined
  return { cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

/** The line that `identity.basic.password` takes. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(BYTES.salt)
  const hash = await derive(password, salt, BYTES.hash, COST)
  const { ln, r, p } = COST
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Takes a thread of the pool for as long as the cost says. */
export async function isPassword(password: string, { cost, salt, hash }: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, salt, hash.length, cost), hash)
}

/** RFC 8265 §4.2: composed, so that both ends mean the same characters, and with no space but the one. */
function prepared(password: string): string {
  return password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')
}

function derive(password: string, salt: Buffer, length: number, cost: ScryptCost): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 2 * memoryOf(cost) }
  return new Promise((resolve, reject) => {
    scrypt(prepared(password), salt, length, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function memoryOf({ ln, r }: ScryptCost): number {
  return 128 * r * 2 ** ln
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
