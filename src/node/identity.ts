/** The identity of a home: its words, and putting one back. */
import { rename } from 'node:fs/promises'
import type { Clock } from '#base/clock.ts'
import { valueOf } from '#base/setting.ts'
import { homeSetting } from '#config/settings.ts'
import { openVault, restoreVault, type AskPassphrase } from '#crypto/vault.ts'
import { seedOfWords } from '#crypto/words.ts'
import { forgetFresh } from '#node/keys.ts'
import { passphraseSource } from '#node/passphrase.ts'
import { openHome } from '#store/home/home.ts'
import type { HomeLayout } from '#store/home/layout.ts'

/** The 24 words of a home. @throws NoVaultError, PassphraseNeededError, WrongPassphraseError */
export async function identityWords(
  settings: Readonly<Record<string, unknown>>,
  ask?: AskPassphrase,
): Promise<string> {
  const passphrase = passphraseSource(settings, ask)
  using vault = await openVault(valueOf(homeSetting, settings), {
    ...(passphrase && { passphrase }),
  })
  return vault.words()
}

/** What a restore did. */
export type Restored = {
  /** Undefined when the home already had this identity and nothing changed. */
  readonly kept?: true
  /** Where the files of the identity that was replaced lie now. */
  readonly aside: readonly string[]
}

/**
 * Puts an identity back from its words, or from the seed that another program's key file gave.
 *
 * The keys at rest are new then, so a database and blobs that are there are moved aside.
 *
 * @throws HomeLockedError, WordCountError, UnknownWordError, WordChecksumError, DifferentIdentityError
 */
export async function restoreIdentity(
  settings: Readonly<Record<string, unknown>>,
  source: string | Uint8Array,
  options: { readonly clock: Clock; readonly replace: boolean; readonly ask?: AskPassphrase },
): Promise<Restored> {
  const seed = typeof source === 'string' ? seedOfWords(source) : source
  const folder = valueOf(homeSetting, settings)
  await using home = await openHome(folder, options.clock)
  await forgetFresh(home.layout)
  const passphrase = passphraseSource(settings, options.ask)
  const aside: string[] = []
  const { vault, fresh } = await restoreVault(folder, seed, {
    replace: options.replace,
    ...(passphrase && { passphrase }),
    // First, so that a crash leaves no database whose key is gone.
    beforeNew: async () => void aside.push(...(await setAside(home.layout, options.clock))),
  })
  vault[Symbol.dispose]()
  return fresh ? { aside } : { kept: true, aside }
}

async function setAside(layout: HomeLayout, clock: Clock): Promise<readonly string[]> {
  const mark = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')
  const moved: string[] = []
  for (const path of [
    layout.database,
    `${layout.database}-wal`,
    `${layout.database}-shm`,
    layout.blobs,
  ]) {
    const target = `${path}.replaced-${mark}`
    const done = await rename(path, target).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false
        throw error
      },
    )
    if (done) moved.push(target)
  }
  return moved
}
