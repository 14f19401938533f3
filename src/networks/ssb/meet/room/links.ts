/** The links and URIs of rooms (Rooms 2, appendix "List of new SSB URIs" and "List of new web endpoints"). */
import { isFeedId } from '#networks/ssb/refs.ts'
import { readAddresses } from '#networks/ssb/meet/address.ts'

/** What a link asks for. */
export type RoomLink =
  | { readonly action: 'claim-http-invite'; readonly invite: string; readonly postTo: string }
  | {
      readonly action: 'start-http-auth'
      readonly sid: string
      readonly sc: string
      readonly address?: string
    }
  | ({ readonly action: 'consume-alias' } & SignedAlias)
  /** A web page of an invite or an alias: its JSON form says more. */
  | { readonly action: 'open-invite'; readonly url: string }
  | { readonly action: 'open-alias'; readonly url: string }

/** Who an alias stands for, as the room says and its owner signed. */
export type SignedAlias = {
  readonly alias: string
  readonly user: string
  readonly room: string
  /** The room's multiserver address. */
  readonly address: string
  /** 64 bytes */
  readonly signature: Uint8Array
}

const longest = 4_096

/** Reads a link; undefined when it is none of a room. Cheap and offline. */
export function readRoomLink(text: string): RoomLink | undefined {
  const trimmed = text.trim()
  if (trimmed.length > longest) return undefined
  // `alias.room.example`, as people write it.
  const bare = /^[a-z0-9-]+(?:\.[a-z0-9-]+){2,}$/i.test(trimmed) ? `https://${trimmed}` : trimmed
  const url = URL.parse(bare)
  if (!url) return undefined
  if (url.protocol === 'ssb:') return readUri(url)
  if (!isWebAddress(url)) return undefined
  return { action: url.searchParams.has('invite') ? 'open-invite' : 'open-alias', url: url.href }
}

/** Reads the fields of an alias, from a URI's query or from JSON. */
export function readAlias(field: (name: string) => unknown): SignedAlias | undefined {
  const alias = field('alias')
  const user = key(field('userId'))
  const room = key(field('roomId'))
  const address = field('multiserverAddress') ?? field('address')
  const signature = readSignature(field('signature'))
  if (typeof alias !== 'string' || !isAlias(alias) || !isFeedId(user) || !isFeedId(room))
    return undefined
  if (typeof address !== 'string' || !signature) return undefined
  // The address must lead to the very room whose name was signed.
  const text = plus(address)
  return readAddresses(text)[0]?.peer === room
    ? { alias, user, room, address: text, signature }
    : undefined
}

/** A domain label (RFC 1035), as rooms demand. */
export function isAlias(text: string): boolean {
  return /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)
}

/** True for https, and for http to this machine only. */
export function isWebAddress(url: URL): boolean {
  if (url.username || url.password) return false
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
  )
}

function readUri(url: URL): RoomLink | undefined {
  if (url.pathname.replace(/^\/*/, '') !== 'experimental' && url.host !== 'experimental')
    return undefined
  const field = (name: string): string | undefined => url.searchParams.get(name) ?? undefined
  const action = field('action')
  if (action === 'claim-http-invite')
    return readClaim(field('invite'), field('postTo'), field('roomHost'))
  if (action === 'start-http-auth')
    return readSignIn(field('sid'), field('sc'), field('multiserverAddress'))
  if (action !== 'consume-alias') return undefined
  const alias = readAlias(field)
  return alias && { action, ...alias }
}

function readClaim(
  invite: string | undefined,
  postTo: string | undefined,
  host: string | undefined,
): RoomLink | undefined {
  const target = postTo === undefined ? null : URL.parse(postTo)
  if (!invite || !target || !isWebAddress(target)) return undefined
  if (host !== undefined && target.host !== host && target.hostname !== host) return undefined
  return { action: 'claim-http-invite', invite, postTo: target.href }
}

function readSignIn(
  sidText: string | undefined,
  scText: string | undefined,
  address: string | undefined,
): RoomLink | undefined {
  const sid = key(sidText)
  const sc = scText === undefined ? undefined : plus(scText)
  if (!isFeedId(sid) || sc === undefined || !isNonce(sc)) return undefined
  const text = address === undefined ? undefined : plus(address)
  if (text !== undefined && readAddresses(text)[0]?.peer !== sid) return undefined
  return { action: 'start-http-auth', sid, sc, ...(text === undefined ? {} : { address: text }) }
}

/** 256 bits or more in base64. */
export function isNonce(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    text.length >= 43 &&
    text.length <= 512 &&
    /^[A-Za-z0-9+/_-]+={0,2}$/.test(text)
  )
}

function key(value: unknown): unknown {
  return typeof value === 'string' ? plus(value) : value
}

/** A query turns an unescaped `+` of base64 into a space. */
function plus(text: string): string {
  return text.replaceAll(' ', '+')
}

function readSignature(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined
  const text = plus(value)
    .replace(/\.sig\.ed25519$/, '')
    .replaceAll('_', '/')
    .replaceAll('-', '+')
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 64 ? bytes : undefined
}
