/** Opens the keys of a home, making an identity where there is none. */
import { access, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '#crypto/durable-file.ts'
import {
  createVault,
  openVault,
  vaultState,
  type AskPassphrase,
  type Vault,
} from '#crypto/vault.ts'
import type { HomeLayout } from '#store/home/layout.ts'

/** The keys of a home, until they are disposed. */
export interface Keys extends Disposable {
  readonly vault: Vault
  /** True until the identity that was made here has been started once: no copy of it can be elsewhere. */
  readonly fresh: boolean
}

/** @throws PassphraseNeededError, WrongPassphraseError, KeysDamagedError */
export async function openKeys(
  layout: HomeLayout,
  passphrase: AskPassphrase | undefined,
): Promise<Keys> {
  if ((await vaultState(layout.folder)) === 'none') {
    // The mark first: with a crash in between there is a mark without keys, which means nothing.
    await replaceFile(freshMark(layout), 0o600, (handle) => handle.writeFile('made here\n'))
    return keysOf(await createVault(layout.folder), true)
  }
  const vault = await openVault(layout.folder, { ...(passphrase && { passphrase }) })
  return keysOf(vault, await exists(freshMark(layout)))
}

/** Said once a new identity has run, or was replaced by one that may exist elsewhere. */
export async function forgetFresh(layout: HomeLayout): Promise<void> {
  await rm(freshMark(layout), { force: true })
}

function keysOf(vault: Vault, fresh: boolean): Keys {
  return { vault, fresh, [Symbol.dispose]: () => vault[Symbol.dispose]() }
}

function freshMark(layout: HomeLayout): string {
  return join(layout.folder, 'new-identity')
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
