/**
 * Secrets wrapped by a passphrase: Argon2id (RFC 9106) makes the key, AES-256-GCM seals, and the header with all parameters is
 * authenticated beside it.
 */
import { argon2, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

import { isObject, type Json } from '#base/json.ts'
import { MetaLifeError } from '#base/errors.ts'

/** How much work a guess at the passphrase costs. `memory` is in KiB. */
export type PassphraseCost = {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

/** What is stored; every text is base64. */
export type Wrapped = PassphraseCost & {
  readonly kdf: 'argon2id'
  readonly cipher: 'aes-256-gcm'
  readonly salt: string
  readonly nonce: string
  /** Ciphertext and the 16-byte tag. */
  readonly sealed: string
}

/** The passphrase does not open what it should open. */
export class WrongPassphraseError extends MetaLifeError {
  override name = 'WrongPassphraseError'

  constructor() {
    super('The passphrase is wrong. Nothing was changed; try again.')
  }
}

/** A passphrase to set is empty. */
export class EmptyPassphraseError extends MetaLifeError {
  override name = 'EmptyPassphraseError'
  override readonly exitCode = 2

  constructor() {
    super('A passphrase cannot be empty. Give at least one character, better several words.')
  }
}

/** About a fifth of a second on a small machine. */
export const usualCost: PassphraseCost = { memory: 64 * 1024, passes: 3, parallelism: 1 }

// What a stored file may ask of us: a hostile one must not take all memory or all day, nor be as good as open.
const bounds = {
  memory: [8 * 1024, 1024 * 1024],
  passes: [1, 16],
  parallelism: [1, 8],
} as const

/** Seals `plain` with a passphrase; `context` is authenticated and must be given again to open. */
export async function wrapSecret(
  plain: Uint8Array,
  passphrase: string,
  context: string,
  cost: PassphraseCost = usualCost,
): Promise<Wrapped> {
  if (passphrase === '') throw new EmptyPassphraseError()
  const nonce = randomBytes(12)
  const header = {
    kdf: 'argon2id',
    memory: cost.memory,
    passes: cost.passes,
    parallelism: cost.parallelism,
    cipher: 'aes-256-gcm',
    salt: randomBytes(16).toString('base64'),
    nonce: nonce.toString('base64'),
  } as const
  const key = await passphraseKey(passphrase, header)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(authenticated(context, header))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  key.fill(0)
  return { ...header, sealed: sealed.toString('base64') }
}

/** Opens what `wrapSecret` sealed. @throws WrongPassphraseError also when it was tampered with, which looks the same */
export async function unwrapSecret(
  wrapped: Wrapped,
  passphrase: string,
  context: string,
): Promise<Uint8Array> {
  const { sealed, ...header } = wrapped
  const bytes = Buffer.from(sealed, 'base64')
  const key = await passphraseKey(passphrase, header)
  try {
    const nonce = Buffer.from(header.nonce, 'base64')
    const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
    cipher.setAAD(authenticated(context, header))
    cipher.setAuthTag(bytes.subarray(-16))
    const plain = cipher.update(bytes.subarray(0, -16))
    cipher.final()
    return plain
  } catch {
    throw new WrongPassphraseError()
  } finally {
    key.fill(0)
  }
}

/** Reads a stored wrapping; undefined when it is not one or its parameters are out of bounds. */
export function parseWrapped(value: Json | undefined): Wrapped | undefined {
  if (!isObject(value)) return undefined
  const { kdf, memory, passes, parallelism, cipher, salt, nonce, sealed } = value
  if (kdf !== 'argon2id' || cipher !== 'aes-256-gcm') return undefined
  if (!within(memory, bounds.memory) || !within(passes, bounds.passes)) return undefined
  if (!within(parallelism, bounds.parallelism)) return undefined
  if (!isBase64(salt, 16, 16) || !isBase64(nonce, 12, 12) || !isBase64(sealed, 17, 4096)) {
    return undefined
  }
  return { kdf, memory, passes, parallelism, cipher, salt, nonce, sealed }
}

const argon2Async = promisify(argon2)

async function passphraseKey(
  passphrase: string,
  header: Omit<Wrapped, 'sealed'>,
): Promise<Uint8Array> {
  return argon2Async('argon2id', {
    // Keyboards and systems write the same letters in different forms.
    message: passphrase.normalize('NFKC'),
    nonce: Buffer.from(header.salt, 'base64'),
    memory: header.memory,
    passes: header.passes,
    parallelism: header.parallelism,
    tagLength: 32,
  })
}

function authenticated(context: string, header: Omit<Wrapped, 'sealed'>): Uint8Array {
  const { kdf, memory, passes, parallelism, cipher, salt, nonce } = header
  return Buffer.from(
    JSON.stringify([context, kdf, memory, passes, parallelism, cipher, salt, nonce]),
  )
}

function within(
  value: Json | undefined,
  [least, most]: readonly [number, number],
): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}

function isBase64(value: Json | undefined, least: number, most: number): value is string {
  if (typeof value !== 'string' || value.length > most * 2) return false
  const bytes = Buffer.from(value, 'base64')
  return bytes.length >= least && bytes.length <= most && bytes.toString('base64') === value
}
