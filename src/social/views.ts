import type { Content } from '#model/content.ts'
import type { Audience } from '#model/audience.ts'
import type { Ref } from '#model/ref.ts'

/** A person as readers see them. */
export type PersonView = {
  /** Stable local id, decimal. */
  readonly id: string
  readonly ref: Ref
  /** As the network writes it. */
  readonly handle: string
  /** Chosen name; absent while none is known. */
  readonly name?: string
  readonly about?: string
  readonly avatar?: Ref
  /** True for the people whose node this is. */
  readonly local: boolean
}

/** A profile page's head. */
export type ProfileView = PersonView & {
  readonly posts: number
  readonly following: number
  readonly followers: number
  /** What the person who asks thinks of them. */
  readonly followed: boolean
  readonly blocked: boolean
  readonly followsBack: boolean
  /** Stored bytes of their records. */
  readonly stored: number
}

export type ReactionView = {
  readonly emoji: string
  readonly count: number
  readonly mine: boolean
}

/** A post as readers see it. */
export type PostView = {
  /** Decimal, sorts by time, stays the same after a rebuild of the index. */
  readonly id: string
  readonly ref: Ref
  readonly author: PersonView
  readonly content: Content
  readonly audience: Audience
  /** Milliseconds since 1970: as claimed, but never later than it arrived. */
  readonly at: number
  /** Local ids; absent while the named post is not here. */
  readonly root?: string
  readonly parent?: string
  readonly replies: number
  readonly reactions: readonly ReactionView[]
  /** True while its signature is not checked. */
  readonly provisional: boolean
}

/** One private message. */
export type MessageView = {
  readonly id: string
  readonly ref: Ref
  readonly author: PersonView
  readonly content: Content
  readonly at: number
  readonly conversation: string
}

/** A set of people who write to each other. */
export type ConversationView = {
  readonly id: string
  readonly people: readonly PersonView[]
  readonly last: MessageView
  readonly unread: number
}

/** What became of a deed of ours in one network. */
export type DeliveryView = {
  readonly network: string
  readonly state: 'waiting' | 'sent' | 'retry' | 'gone' | 'refused' | 'unsupported'
  readonly ref?: Ref
  readonly why?: string
  readonly retryAt?: number
}

/** A page of a list: newest first unless said otherwise; `next` goes on where this one ended. */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string }
export type PageRequest = { readonly limit?: number; readonly after?: string }
