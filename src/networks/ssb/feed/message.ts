import type { Json, JsonObject } from '#base/json.ts'

/** A classic message whose form was checked; its signature may not be yet. */
export type Message = {
  /** `%….sha256` */
  readonly id: string
  /** `@….ed25519` */
  readonly author: string
  readonly sequence: number
  readonly previous: string | null
  /** Milliseconds since 1970 as claimed; may be fractional. */
  readonly timestamp: number
  /** An object with a `type`, or the text of a private message (`….box`, `….box2`). */
  readonly content: JsonObject | string
  /** The message value as compact JSON in UTF-8: what is stored and what is sent to peers. */
  readonly bytes: Uint8Array
}

/** A message beside the exact bytes that its author signed. */
export type SignedMessage = {
  readonly message: Message
  /** UTF-8 of the value without its signature, two spaces indented. */
  readonly signed: Uint8Array
  /** 64 bytes */
  readonly signature: Uint8Array
}

/** The last known message of a feed, as far as the next one depends on it. */
export type FeedState = {
  readonly id: string
  readonly sequence: number
  readonly timestamp?: number
}

/** Content before it is signed: `type` is 3 to 52 characters. */
export type ContentObject = { readonly type: string } & { readonly [key: string]: Json }

/** The answer of a check: a sentence for people, no exception, because bad input is ordinary. */
export type Invalid = { readonly invalid: string }
