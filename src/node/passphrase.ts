/** Where the passphrase of a home comes from, and how it is changed. */
import { readFile } from 'node:fs/promises'
import type { Clock } from '#base/clock.ts'
import { valueOf } from '#base/setting.ts'
import { homeSetting, passphraseFileSetting } from '#config/settings.ts'
import { SettingError } from '#config/setting-error.ts'
import { setPassphrase, type AskPassphrase } from '#crypto/vault.ts'
import { openHome } from '#store/home/home.ts'

/** The file of the settings, or the given way to ask a person. */
export function passphraseSource(
  settings: Readonly<Record<string, unknown>>,
  ask?: AskPassphrase,
): AskPassphrase | undefined {
  const path = valueOf(passphraseFileSetting, settings)
  if (path === undefined) return ask
  return async () => {
    const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      const why = `The passphrase file ${path} was not read (${cause.code ?? cause.message}).`
      throw new SettingError(passphraseFileSetting.name, why, { cause })
    })
    return text.split(/\r?\n/, 1)[0] ?? ''
  }
}

/**
 * Sets, changes or (with `next` undefined) removes the passphrase of a home that no node uses.
 *
 * @throws HomeLockedError, WrongPassphraseError, EmptyPassphraseError, NoVaultError; then nothing is changed
 */
export async function changePassphrase(
  settings: Readonly<Record<string, unknown>>,
  change: {
    readonly current?: AskPassphrase
    readonly next: string | undefined
    readonly clock: Clock
  },
): Promise<void> {
  const folder = valueOf(homeSetting, settings)
  await using _home = await openHome(folder, change.clock)
  const current = passphraseSource(settings, change.current)
  await setPassphrase(folder, { next: change.next, ...(current && { current }) })
}
