/** Aliases in rooms: resolve one of somebody, register or revoke ours (Rooms 2, "Alias"). */
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { sodium } from '#networks/ssb/sodium.ts'
import {
  isAlias,
  readAlias,
  type RoomLink,
  type SignedAlias,
} from '#networks/ssb/meet/room/links.ts'
import { askWeb, RoomWebError, type Web } from '#networks/ssb/meet/room/web.ts'
import { bytesOf } from '#networks/ssb/refs.ts'
import type { Rpc } from '#networks/ssb/wire/rpc.ts'

const patience = 30_000

/**
 * Finds who an alias stands for; the owner's signature is checked.
 *
 * @throws RoomWebError
 */
export async function resolveAlias(
  web: Web,
  link: Extract<RoomLink, { readonly action: 'open-alias' | 'consume-alias' }>,
  signal: AbortSignal,
): Promise<SignedAlias> {
  const alias = link.action === 'consume-alias' ? link : await askAlias(web, link.url, signal)
  if (!isSigned(alias)) {
    throw new RoomWebError(
      `The alias ${alias.alias} is not signed by the person whom it names. Do not trust this link.`,
    )
  }
  const { user, room, address, signature } = alias
  return { alias: alias.alias, user, room, address, signature }
}

/** Checks the owner's signature over room, owner and alias. */
function isSigned({ alias, user, room, signature }: SignedAlias): boolean {
  return sodium.crypto_sign_verify_detached(
    signature,
    registration(room, user, alias),
    bytesOf(user),
  )
}

/** Signs an alias of ours: base64 with the usual suffix. */
function signAlias(keys: SsbKeys, room: string, alias: string): string {
  const signature = Buffer.alloc(64)
  sodium.crypto_sign_detached(signature, registration(room, keys.id, alias), keys.secretKey)
  return `${signature.toString('base64')}.sig.ed25519`
}

/**
 * Registers an alias in the room at the other end; the answer is what the room says (the alias' URL where it gives one).
 *
 * @throws RoomWebError for a name that cannot be one; RemoteError with the room's reason
 */
export async function registerAlias(
  rpc: Rpc,
  keys: SsbKeys,
  alias: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!isAlias(alias))
    throw new RoomWebError(
      'An alias is made of letters, digits and hyphens, starts with a letter, and has at most 63 of them.',
    )
  const answer = await rpc.call(
    ['room', 'registerAlias'],
    [alias, signAlias(keys, rpc.remote, alias)],
    { signal, timeout: patience },
  )
  return typeof answer === 'string' ? answer.slice(0, 300) : undefined
}

/** Gives an alias back. @throws RemoteError with the room's reason */
export async function revokeAlias(rpc: Rpc, alias: string, signal: AbortSignal): Promise<void> {
  await rpc.call(['room', 'revokeAlias'], [alias], { signal, timeout: patience })
}

async function askAlias(web: Web, page: string, signal: AbortSignal): Promise<SignedAlias> {
  const url = new URL(page)
  url.searchParams.set('encoding', 'json')
  const answer = await askWeb(web, url, signal)
  const alias = readAlias((name) => answer[name])
  const named = url.hostname.split('.')[0]?.toLowerCase()
  const inPath = url.pathname.split('/').filter(Boolean).at(-1)?.toLowerCase()
  // The page of one alias must not answer with another.
  if (!alias || (alias.alias.toLowerCase() !== named && alias.alias.toLowerCase() !== inPath)) {
    throw new RoomWebError(`${url.host} did not answer with an alias. Check the link.`)
  }
  return alias
}

function registration(room: string, user: string, alias: string): Buffer {
  return Buffer.from(`=room-alias-registration:${room}:${user}:${alias}`)
}
