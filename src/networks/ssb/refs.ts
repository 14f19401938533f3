/**
 * Names of feeds, messages and blobs: sigil, canonical base64, suffix (protocol guide, "Keys and identities"), the same
 * as SSB URIs (ssb-uri-spec), and what else people paste: invites and addresses.
 */
import type { Ref } from '#model/ref.ts'
import type { Recognised } from '#network/network.ts'

/** The network's name in every ref. */
export const NETWORK = 'ssb'

const HASH = '[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]='
const feedId = new RegExp(`^@${HASH}\\.ed25519$`)
const messageId = new RegExp(`^%${HASH}\\.sha256$`)
const blobId = new RegExp(`^&${HASH}\\.sha256$`)

/** True for `@….ed25519` with canonical base64 of 32 bytes. */
export function isFeedId(id: unknown): id is string {
  return typeof id === 'string' && feedId.test(id)
}

/** True for `%….sha256` with canonical base64 of 32 bytes. */
export function isMessageId(id: unknown): id is string {
  return typeof id === 'string' && messageId.test(id)
}

/** True for `&….sha256` with canonical base64 of 32 bytes. */
export function isBlobId(id: unknown): id is string {
  return typeof id === 'string' && blobId.test(id)
}

/** The ref of a Scuttlebutt id. */
export function ssbRef(id: string): Ref {
  return { network: NETWORK, id }
}

/** `@….ed25519` of a 32-byte public key. */
export function feedIdOf(publicKey: Uint8Array): string {
  return `@${base64(publicKey)}.ed25519`
}

/** `&….sha256` of a 32-byte hash. */
export function blobIdOf(hash: Uint8Array): string {
  return `&${base64(hash)}.sha256`
}

/** `%….sha256` of a 32-byte hash. */
export function messageIdOf(hash: Uint8Array): string {
  return `%${base64(hash)}.sha256`
}

/** The 32 bytes inside a feed, message or blob id (whose form was checked before). */
export function bytesOf(id: string): Uint8Array {
  return Buffer.from(id.slice(1, 45), 'base64')
}

/** The SSB URI of a feed, message or blob id; undefined for anything else. */
export function uriOf(id: string): string | undefined {
  const kind = kindOf(id)
  if (kind === undefined) return undefined
  const key = id.slice(1, 45).replaceAll('+', '-').replaceAll('/', '_')
  return `ssb:${uriPaths[kind]}/${key}`
}

/** The feed, message or blob id that a text writes in any form (id, URL-safe id, SSB URI); undefined for anything else. */
export function idIn(text: string): string | undefined {
  const uri = uriForm.exec(text)
  if (uri !== null) return canonicalId(sigils[(uri[1] ?? '').replace(':', '/')] ?? '', uri[2] ?? '')
  const bare = text.replace(/^ssb:(?:\/\/)?/, '')
  // Plain first: the base64 of an id may start with what looks like an encoded sigil.
  const id = idForm.exec(bare) ?? (/^%(?:25|26|40)/.test(bare) ? idForm.exec(decoded(bare)) : null)
  return id === null ? undefined : canonicalId(id[1] ?? '', id[2] ?? '', id[3])
}

/**
 * What a text names. The ref's id is canonical for people, posts and blobs; for invites and addresses it is the text.
 * Cheap and offline.
 */
export function recognise(text: string): Recognised | undefined {
  const trimmed = text.trim()
  if (trimmed.length > MAX_TEXT) return undefined
  const id = idIn(trimmed)
  const kind = id === undefined ? undefined : kindOf(id)
  if (id !== undefined && kind !== undefined) return { ref: ssbRef(id), what: whats[kind] }
  const what = isInvite(trimmed) ? 'invite' : isAddress(trimmed) ? 'address' : undefined
  return what && { ref: ssbRef(trimmed), what }
}

/** A ref for people: its id and, where there is one, its SSB URI. */
export function display(ref: Ref): { readonly handle: string; readonly url?: string } {
  const url = uriOf(ref.id)
  return url === undefined ? { handle: ref.id } : { handle: ref.id, url }
}

type Kind = 'feed' | 'message' | 'blob'

/** Longer than any invite or address in use. */
const MAX_TEXT = 2048
const whats = { feed: 'person', message: 'post', blob: 'blob' } as const
const uriPaths = { feed: 'feed/ed25519', message: 'message/sha256', blob: 'blob/sha256' } as const
const sigils: Readonly<Record<string, string>> = {
  'feed/ed25519': '@',
  'feed/classic': '@',
  'message/sha256': '%',
  'message/classic': '%',
  'blob/sha256': '&',
  'blob/classic': '&',
}
const uriForm = /^ssb:(?:\/\/)?([a-z]+[/:][a-z0-9]+)[/:]([A-Za-z0-9_-]{43}=?)(?:\?.*)?$/
const idForm = /^([@%&])([A-Za-z0-9+/_-]{43}=?)\.(ed25519|sha256)(?:\?.*)?$/

function kindOf(id: string): Kind | undefined {
  return isFeedId(id) ? 'feed' : isMessageId(id) ? 'message' : isBlobId(id) ? 'blob' : undefined
}

function canonicalId(sigil: string, key: string, suffix?: string): string | undefined {
  const hash = `${key.slice(0, 43).replaceAll('-', '+').replaceAll('_', '/')}=`
  const id = `${sigil}${hash}.${suffix ?? (sigil === '@' ? 'ed25519' : 'sha256')}`
  return kindOf(id) === undefined ? undefined : id
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const KEY = '[A-Za-z0-9+/]{43}='
const inviteForms = [
  // Pub invite, as people have it and as a multiserver address.
  new RegExp(`^[^\\s~@]+:\\d{1,5}:@${KEY}\\.ed25519~${KEY}(?:#.*)?$`),
  new RegExp(`^(?:net|wss?|onion):[^\\s~]+~shs:${KEY}:${KEY}(?:#.*)?$`),
  // Room invite (rooms2, "HTTP invites").
  /^https?:\/\/[^\s/]+\/join\/?\?(?:[^#\s]*&)?invite=[^&#\s]+/,
  /^ssb:(?:\/\/)?experimental\/?\?(?:\S*&)?action=claim-http-invite(?:&|$)/,
]
const addressForms = [
  new RegExp(`^(?:[a-z]+:[^\\s~;]+~shs:${KEY};?)+$`),
  new RegExp(`^[^\\s~@]+:\\d{1,5}:@${KEY}\\.ed25519$`),
  /^ssb:(?:\/\/)?address[/:]multiserver[/:]\S+$/,
  // Room alias and sign-in (rooms2, "Alias consumption", "HTTP authentication").
  /^https:\/\/[^\s/]+\/alias\/[A-Za-z0-9-]{1,63}\/?(?:\?\S*)?$/,
  /^ssb:(?:\/\/)?experimental\/?\?(?:\S*&)?action=(?:consume-alias|start-http-auth)(?:&|$)/,
]

function isInvite(text: string): boolean {
  return inviteForms.some((form) => form.test(text))
}

function isAddress(text: string): boolean {
  return addressForms.some((form) => form.test(text))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
