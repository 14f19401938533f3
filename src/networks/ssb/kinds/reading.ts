/** What the readers of the message kinds share. Nothing here throws, whatever JSON somebody signed. */
import { isObject, type Json, type JsonObject } from '#base/json.ts'
import type { Deed } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'
import { idIn, isBlobId, isFeedId, isMessageId, ssbRef } from '#networks/ssb/refs.ts'

/** A message on its way to deeds. */
export type Reading = {
  readonly ref: Ref
  readonly actor: Ref
  readonly at: number
  readonly content: JsonObject
  /** True when the content was sealed for named readers. */
  readonly secret: boolean
}

/** What a kind's reader found. */
export type Found = {
  readonly deeds: readonly Deed[]
  /** Blobs that the message shows, as ids. */
  readonly blobs?: readonly string[]
  /** Address of a peer that the message announces: `host:port:@key.ed25519` or a multiserver address. */
  readonly announces?: string
}

/** A message of its kind that says nothing we can use. */
export const NOTHING: Found = { deeds: [] }

/** The id that a link names, be it a text or an object with `link`, in canonical form. */
export function linkIn(value: Json | undefined): string | undefined {
  const link = isObject(value) ? value['link'] : value
  return typeof link === 'string' ? idIn(link) : undefined
}

/** The feed that a link names. */
export function feedIn(value: Json | undefined): Ref | undefined {
  const id = linkIn(value)
  return isFeedId(id) ? ssbRef(id) : undefined
}

/** The message that a link names. */
export function messageIn(value: Json | undefined): Ref | undefined {
  const id = linkIn(value)
  return isMessageId(id) ? ssbRef(id) : undefined
}

/** The blob that a link names. */
export function blobIn(value: Json | undefined): Ref | undefined {
  const id = linkIn(value)
  return isBlobId(id) ? ssbRef(id) : undefined
}

/** One or many: arrays as they are, a link as one, other objects as the list of their values. */
export function listIn(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value
  if (isObject(value)) return 'link' in value ? [value] : Object.values(value)
  return value === undefined || value === null ? [] : [value as Json]
}

/** A text that is not blank. */
export function wordsIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** A hashtag: lower case, without `#`; undefined for what cannot be one. */
export function tagIn(value: Json | undefined): string | undefined {
  if (typeof value !== 'string') return undefined
  const tag = value.trim().replace(/^#+/, '').toLowerCase()
  return tag === '' || tag.length > 128 || /\s/.test(tag) ? undefined : tag
}

/** The given fields without those that are undefined. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
