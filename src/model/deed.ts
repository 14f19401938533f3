import type { Audience } from '#model/audience.ts'
import type { Content } from '#model/content.ts'
import type { Ref } from '#model/ref.ts'

/** What every deed says of itself. */
type Common = {
  /** The native record that carries it; a second deed with the same ref and kind is a duplicate. */
  readonly ref: Ref
  readonly actor: Ref
  /** Milliseconds since 1970, as the actor claims; may be wrong, in the future or fractional. */
  readonly at: number
}

/** What somebody says of a person (mostly themselves): only the fields that were given change. */
export type ProfileDeed = Common & {
  readonly kind: 'profile'
  readonly of: Ref
  readonly name?: string
  readonly about?: string
  /** `null` takes the picture away. */
  readonly avatar?: Ref | null
}

/** Something for others to read. */
export type PostDeed = Common & {
  readonly kind: 'post'
  readonly content: Content
  readonly audience: Audience
  /** First post of the thread; absent when this post is it. */
  readonly root?: Ref
  /** The post answered. */
  readonly parent?: Ref
  /** The post of another thread that this thread grew out of. */
  readonly fork?: Ref
}

/** A private message to named people, the author among those who can read it. */
export type MessageDeed = Common & {
  readonly kind: 'message'
  readonly content: Content
  /** Every reader, the actor included. */
  readonly to: readonly Ref[]
  readonly root?: Ref
  readonly parent?: Ref
}

export type EditDeed = Common & {
  readonly kind: 'edit'
  readonly of: Ref
  readonly content: Content
}
export type DeleteDeed = Common & { readonly kind: 'delete'; readonly of: Ref }
/** A reaction: a like is `❤`; `on: false` takes the actor's reaction back. */
export type ReactDeed = Common & {
  readonly kind: 'react'
  readonly of: Ref
  readonly emoji: string
  readonly on: boolean
}
export type ShareDeed = Common & { readonly kind: 'share'; readonly of: Ref }
export type FollowDeed = Common & {
  readonly kind: 'follow'
  readonly whom: Ref
  readonly on: boolean
}
export type AnswerFollowDeed = Common & {
  readonly kind: 'answer-follow'
  readonly whom: Ref
  readonly accepted: boolean
}
export type BlockDeed = Common & {
  readonly kind: 'block'
  readonly whom: Ref
  readonly on: boolean
}
/** The actor reads (or stops reading) a hashtag. */
export type SubscribeDeed = Common & {
  readonly kind: 'subscribe'
  readonly tag: string
  readonly on: boolean
}
/** A gathering; the fields that were given change what is known of it. `of` is its first record. */
export type EventDeed = Common & {
  readonly kind: 'event'
  readonly of: Ref
  readonly title?: string
  readonly about?: string
  readonly place?: string
  /** Milliseconds since 1970. */
  readonly starts?: number
  readonly image?: Ref
  /** Whether the actor comes; absent where the deed does not say. */
  readonly attending?: boolean
}
export type MoveDeed = Common & { readonly kind: 'move'; readonly to: Ref }

/** Everything that people do here, whatever wire it came over. */
export type Deed =
  | ProfileDeed
  | PostDeed
  | MessageDeed
  | EditDeed
  | DeleteDeed
  | ReactDeed
  | ShareDeed
  | FollowDeed
  | AnswerFollowDeed
  | BlockDeed
  | SubscribeDeed
  | EventDeed
  | MoveDeed

/** The name of a kind of deed. */
export type DeedKind = Deed['kind']

/** A deed that has no native record yet: the network gives it its ref when it is sent. */
export type Draft<D extends Deed = Deed> = D extends Deed ? Omit<D, 'ref'> : never
