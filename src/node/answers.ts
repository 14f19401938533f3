/** What the local API answers, as types for the programs that ask it. */
import type {
  conversationShape,
  deliveryShape,
  jobShape,
  messageShape,
  networkShape,
  personShape,
  postShape,
  profileShape,
  publishedShape,
  refShape,
  statusShape,
  threadShape,
} from '#api/local/shapes.ts'
import { integer, list, object, text, type Value } from '#http/shape.ts'

/** What checking everything found; `faults` are sentences. */
export const verifiedShape = object({
  records: integer(),
  feeds: integer(),
  blobs: integer(),
  faults: list(text()),
})

export type Ref = Value<typeof refShape>
export type Person = Value<typeof personShape>
export type Profile = Value<typeof profileShape>
export type Post = Value<typeof postShape>
export type Thread = Value<typeof threadShape>
export type Message = Value<typeof messageShape>
export type Conversation = Value<typeof conversationShape>
export type Delivery = Value<typeof deliveryShape>
export type Published = Value<typeof publishedShape>
export type NetworkState = Value<typeof networkShape>
export type Job = Value<typeof jobShape>
export type Progress = NonNullable<Job['progress']>
export type Status = Value<typeof statusShape>
/** One page of a list. */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string }
