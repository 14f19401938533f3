/**
 * `keys.json`: the identity's seed and the data key of the home, in the clear (mode 0600) or wrapped by a passphrase.
 * `fingerprint` tells identities apart without opening anything; it is derived from the seed and says nothing about it.
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

import { isObject, type Json } from '#base/json.ts'
import { MetaLifeError } from '#base/errors.ts'
import { deriveKey } from '#crypto/derive.ts'
import { makeFolder, replaceFile, temporaryOf } from '#crypto/durable-file.ts'
import { parseWrapped, type Wrapped } from '#crypto/passphrase.ts'

/** Both have 32 bytes. */
export type Secrets = { readonly seed: Uint8Array; readonly dataKey: Uint8Array }

/** The file's contents, checked. */
export type KeysFile = {
  /** 32 hexadecimal digits */
  readonly fingerprint: string
} & ({ readonly secrets: Secrets } | { readonly wrapped: Wrapped })

/** The file is there but is not what it should be. */
export class KeysDamagedError extends MetaLifeError {
  override name = 'KeysDamagedError'

  constructor(path: string, why: string) {
    super(
      `The key file ${path} is damaged: ${why}. Put back a copy of it, or restore the identity from its 24 words, replacing the file.`,
    )
  }
}

const fileLimit = 16 * 1024

/** Where the keys of a home lie. */
export function keysPath(folder: string): string {
  return join(folder, 'keys.json')
}

/** What tells two identities apart: 32 hexadecimal digits. */
export function fingerprintOf(seed: Uint8Array): string {
  return Buffer.from(deriveKey(seed, 'fingerprint', 16)).toString('hex')
}

/**
 * Reads the keys of a home, taking back rights that others have on the file.
 *
 * @returns undefined when there is no file
 * @throws KeysDamagedError
 */
export async function readKeysFile(folder: string): Promise<KeysFile | undefined> {
  const path = keysPath(folder)
  const text = await readOwn(path)
  if (text === undefined) return undefined
  const file = parse(text)
  if (typeof file === 'string') throw new KeysDamagedError(path, file)
  return file
}

/** Removes what a write that was cut short left: never acknowledged, it may hold secrets in the clear. */
export async function sweepKeys(folder: string): Promise<void> {
  // On a disk that is read-only it stays; the next opening tries again.
  await rm(temporaryOf(keysPath(folder)), { force: true }).catch(() => {})
}

/** Writes the keys of a home, making the folder (0700) when it is not there. @throws NotWritableError */
export async function writeKeysFile(folder: string, file: KeysFile): Promise<void> {
  await makeFolder(folder)
  await writeKeysText(keysPath(folder), serialise(file))
}

/** Keeps a copy of the present file as `keys.replaced-<hash>.json`, whatever it holds. */
export async function setKeysAside(folder: string): Promise<void> {
  const text = await readOwn(keysPath(folder))
  if (text === undefined) return
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  await writeKeysText(join(folder, `keys.replaced-${hash}.json`), text)
}

async function writeKeysText(path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  await replaceFile(path, 0o600, (handle) => handle.writeFile(bytes))
  bytes.fill(0)
}

async function readOwn(path: string): Promise<string | undefined> {
  const handle = await openExisting(path)
  if (!handle) return undefined
  try {
    const { mode, size } = await handle.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      await handle.chmod(0o600).catch(() => {})
    if (size > fileLimit) throw new KeysDamagedError(path, `it has ${size} bytes`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    // Not through a link: the next write would put a file in its place and leave the old keys where it led.
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP') throw new KeysDamagedError(path, 'it is a link, not the file itself')
    throw error
  }
}

function serialise(file: KeysFile): string {
  const contents =
    'wrapped' in file
      ? { wrapped: file.wrapped }
      : { seed: base64(file.secrets.seed), dataKey: base64(file.secrets.dataKey) }
  const whole = { format: 'metalife-keys', version: 1, fingerprint: file.fingerprint, ...contents }
  return `${JSON.stringify(whole, null, 2)}\n`
}

function parse(text: string): KeysFile | string {
  const value = parseJson(text)
  if (!isObject(value) || value.format !== 'metalife-keys') return 'it is not a key file'
  if (value.version !== 1) return `its version is not 1; a newer MetaLife may have written it`
  const { fingerprint } = value
  if (typeof fingerprint !== 'string' || !/^[0-9a-f]{32}$/.test(fingerprint)) {
    return 'its fingerprint is missing'
  }
  if (value.wrapped !== undefined) {
    const wrapped = parseWrapped(value.wrapped)
    return wrapped ? { fingerprint, wrapped } : 'its wrapping is not one, or asks for too much work'
  }
  const seed = bytes32(value.seed)
  const dataKey = bytes32(value.dataKey)
  if (!seed || !dataKey) return 'a key is missing or has a wrong length'
  if (fingerprintOf(seed) !== fingerprint) return 'seed and fingerprint do not belong together'
  return { fingerprint, secrets: { seed, dataKey } }
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function bytes32(value: Json | undefined): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined
  const bytes = Buffer.from(value, 'base64')
  return bytes.length === 32 && bytes.toString('base64') === value
    ? new Uint8Array(bytes)
    : undefined
}
