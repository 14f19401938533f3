/**
 * The vault of a home: the identity's seed, from which every key of the person is derived, and the random data key, from which
 * every key at rest is derived. Whoever changes the vault holds the lock of the home.
 */
import { randomBytes } from 'node:crypto'

import { MetaLifeError } from '#base/errors.ts'
import { deriveKey } from '#crypto/derive.ts'
import {
  fingerprintOf,
  KeysDamagedError,
  keysPath,
  readKeysFile,
  setKeysAside,
  sweepKeys,
  writeKeysFile,
  type KeysFile,
  type Secrets,
} from '#crypto/keys-file.ts'
import { unwrapSecret, usualCost, wrapSecret, type PassphraseCost } from '#crypto/passphrase.ts'
import { wordsOfSeed } from '#crypto/words.ts'

/** Asks a person for the passphrase. */
export type AskPassphrase = () => Promise<string>

/** An open vault. Disposing overwrites the keys in memory. */
export interface Vault extends Disposable {
  /** 32 bytes; the vault's own copy, do not keep it. */
  readonly seed: Uint8Array
  /** 32 bytes; the vault's own copy, do not keep it. */
  readonly dataKey: Uint8Array
  readonly fingerprint: string
  /** A key of the person, derived from the seed: what the 24 words restore. */
  derive(label: string, length?: number): Uint8Array
  /** A key of this home, derived from the data key: for what lies on this disk. */
  deriveLocal(label: string, length?: number): Uint8Array
  /** The 24 words. Show them to the person, nowhere else. */
  words(): string
}

/** The vault is wrapped and nobody could be asked for the passphrase. */
export class PassphraseNeededError extends MetaLifeError {
  override name = 'PassphraseNeededError'

  constructor(folder: string) {
    super(`The keys in ${folder} are locked with a passphrase. Give the passphrase to go on.`)
  }
}

/** There is no vault in the folder. */
export class NoVaultError extends MetaLifeError {
  override name = 'NoVaultError'

  constructor(folder: string) {
    super(
      `There is no identity in ${folder}: ${keysPath(folder)} does not exist. Make a new one, or restore yours from its 24 words.`,
    )
  }
}

/** A vault is already there, and making another would lose it. */
export class VaultExistsError extends MetaLifeError {
  override name = 'VaultExistsError'

  constructor(folder: string) {
    super(`There is already an identity in ${folder}. Choose another home for a second one.`)
  }
}

/** The vault holds somebody else. */
export class DifferentIdentityError extends MetaLifeError {
  override name = 'DifferentIdentityError'

  constructor(folder: string) {
    super(
      `The home ${folder} holds a different identity. Restore into another home, or say that this one is to be replaced.`,
    )
  }
}

/** Whether a home has keys, and whether they need a passphrase. @throws KeysDamagedError */
export async function vaultState(folder: string): Promise<'none' | 'open' | 'locked'> {
  const file = await readKeysFile(folder)
  if (!file) return 'none'
  return 'wrapped' in file ? 'locked' : 'open'
}

/**
 * Makes a new identity, or keeps `seed`, with a fresh data key; durable when it resolves.
 *
 * @throws VaultExistsError, NotWritableError
 */
export async function createVault(
  folder: string,
  options: { readonly seed?: Uint8Array } = {},
): Promise<Vault> {
  await sweepKeys(folder)
  if (await readKeysFile(folder)) throw new VaultExistsError(folder)
  return makeVault(folder, options.seed ?? randomBytes(32))
}

/**
 * Opens the vault of a home.
 *
 * @throws NoVaultError, PassphraseNeededError, WrongPassphraseError, KeysDamagedError
 */
export async function openVault(
  folder: string,
  options: { readonly passphrase?: AskPassphrase } = {},
): Promise<Vault> {
  return vaultOf(await openSecrets(folder, await existing(folder), options.passphrase))
}

/**
 * Puts an identity back whose seed is known (from its words, or from another program's key file).
 *
 * The keys that are there stay when they are of the same identity; then `fresh` is false. Otherwise there is a new data key,
 * and what was encrypted under the old one cannot be read any more: the caller starts a new store. A file that is replaced is
 * kept as `keys.replaced-….json`.
 *
 * @throws DifferentIdentityError, and what `openVault` throws, unless `replace` is set
 */
export async function restoreVault(
  folder: string,
  seed: Uint8Array,
  options: {
    readonly replace?: boolean
    readonly passphrase?: AskPassphrase
    /** Called once it is certain that there will be a new data key, before it is written. */
    readonly beforeNew?: () => Promise<void>
  } = {},
): Promise<{ readonly vault: Vault; readonly fresh: boolean }> {
  await sweepKeys(folder)
  if (options.replace) {
    await options.beforeNew?.()
    await setKeysAside(folder)
    return { vault: await makeVault(folder, seed), fresh: true }
  }
  const file = await readKeysFile(folder)
  if (!file) {
    await options.beforeNew?.()
    return { vault: await makeVault(folder, seed), fresh: true }
  }
  if (file.fingerprint !== fingerprintOf(seed)) throw new DifferentIdentityError(folder)
  return { vault: vaultOf(await openSecrets(folder, file, options.passphrase)), fresh: false }
}

/**
 * Sets, changes or (with `next` undefined) removes the passphrase, atomically.
 *
 * @throws EmptyPassphraseError, and what `openVault` throws; then nothing is changed
 */
export async function setPassphrase(
  folder: string,
  change: {
    readonly current?: AskPassphrase
    readonly next: string | undefined
    readonly cost?: PassphraseCost
  },
): Promise<void> {
  const file = await existing(folder)
  const secrets = await openSecrets(folder, file, change.current)
  try {
    await writeKeysFile(folder, await closed(file.fingerprint, secrets, change))
  } finally {
    wipe(secrets)
  }
}

async function existing(folder: string): Promise<KeysFile> {
  await sweepKeys(folder)
  const file = await readKeysFile(folder)
  if (!file) throw new NoVaultError(folder)
  return file
}

async function makeVault(folder: string, seed: Uint8Array): Promise<Vault> {
  if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, not ${seed.length}`)
  const secrets = { seed: Uint8Array.from(seed), dataKey: new Uint8Array(randomBytes(32)) }
  await writeKeysFile(folder, { fingerprint: fingerprintOf(seed), secrets })
  return vaultOf(secrets)
}

async function closed(
  fingerprint: string,
  secrets: Secrets,
  { next, cost = usualCost }: { readonly next: string | undefined; readonly cost?: PassphraseCost },
): Promise<KeysFile> {
  if (next === undefined) return { fingerprint, secrets }
  const plain = Buffer.concat([secrets.seed, secrets.dataKey])
  try {
    return { fingerprint, wrapped: await wrapSecret(plain, next, contextOf(fingerprint), cost) }
  } finally {
    plain.fill(0)
  }
}

async function openSecrets(
  folder: string,
  file: KeysFile,
  passphrase: AskPassphrase | undefined,
): Promise<Secrets> {
  if ('secrets' in file) return file.secrets
  if (!passphrase) throw new PassphraseNeededError(folder)
  const plain = await unwrapSecret(file.wrapped, await passphrase(), contextOf(file.fingerprint))
  const secrets = {
    seed: Uint8Array.from(plain.subarray(0, 32)),
    dataKey: Uint8Array.from(plain.subarray(32)),
  }
  plain.fill(0)
  if (secrets.dataKey.length !== 32 || fingerprintOf(secrets.seed) !== file.fingerprint) {
    throw new KeysDamagedError(keysPath(folder), 'what the passphrase opens are not its keys')
  }
  return secrets
}

function contextOf(fingerprint: string): string {
  return `metalife-keys/1/${fingerprint}`
}

function vaultOf(secrets: Secrets): Vault {
  const fingerprint = fingerprintOf(secrets.seed)
  let open = true
  function usable(secret: Uint8Array): Uint8Array {
    if (!open) throw new Error('the vault is closed')
    return secret
  }
  return {
    get seed() {
      return usable(secrets.seed)
    },
    get dataKey() {
      return usable(secrets.dataKey)
    },
    fingerprint,
    derive: (label, length) => deriveKey(usable(secrets.seed), label, length),
    deriveLocal: (label, length) => deriveKey(usable(secrets.dataKey), label, length),
    words: () => wordsOfSeed(usable(secrets.seed)),
    [Symbol.dispose]() {
      open = false
      wipe(secrets)
    },
  }
}

function wipe(secrets: Secrets): void {
  secrets.seed.fill(0)
  secrets.dataKey.fill(0)
}
