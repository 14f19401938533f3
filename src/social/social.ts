import type { Content } from '#model/content.ts'
import type { Ref } from '#model/ref.ts'
import type {
  ConversationView,
  DeliveryView,
  MessageView,
  Page,
  PageRequest,
  PersonView,
  PostView,
  ProfileView,
} from '#social/views.ts'

/** The result of a deed of ours: durable when it is answered; deliveries may follow. */
export type Published = {
  /** Local id of the post or message; absent for deeds that are neither. */
  readonly id?: string
  readonly deliveries: readonly DeliveryView[]
}

/** What a person gives to write something; the rest of `Content` is derived (mentions, tags). */
export type Writing = Pick<Content, 'text'> &
  Partial<Pick<Content, 'warning' | 'language' | 'attachments'>>

/**
 * Everything a local person can do and see: the one door for the API, the command line and the page.
 *
 * A person, post or conversation is named by local id or by any text that a network recognises.
 * Every method throws `NotFoundError` for a name that leads nowhere and `RefusedError` (with a reason for people) for
 * what no enabled network can carry. Writes resolve when they are durable and every network that can take the deed at
 * once has taken it (or said why not).
 */
export interface Social {
  me(): Promise<PersonView>
  post(writing: Writing, options?: { readonly key?: string }): Promise<Published>
  reply(to: string, writing: Writing, options?: { readonly key?: string }): Promise<Published>
  message(
    to: readonly string[],
    writing: Writing,
    options?: { readonly key?: string },
  ): Promise<Published>
  react(post: string, emoji: string, on: boolean): Promise<Published>
  follow(person: string, on: boolean): Promise<Published>
  block(person: string, on: boolean): Promise<Published>
  subscribe(tag: string, on: boolean): Promise<Published>
  describe(profile: {
    readonly name?: string
    readonly about?: string
    readonly avatar?: Ref
  }): Promise<Published>
  /** Posts of the people I follow and mine. */
  home(page?: PageRequest): Promise<Page<PostView>>
  /** Every public post that is here. */
  all(page?: PageRequest): Promise<Page<PostView>>
  tagged(tag: string, page?: PageRequest): Promise<Page<PostView>>
  postsOf(person: string, page?: PageRequest): Promise<Page<PostView>>
  thread(post: string): Promise<{
    readonly root: PostView
    readonly replies: readonly PostView[]
    readonly missing: readonly Ref[]
  }>
  profile(person: string): Promise<ProfileView>
  following(person: string, page?: PageRequest): Promise<Page<PersonView>>
  conversations(page?: PageRequest): Promise<Page<ConversationView>>
  messages(conversation: string, page?: PageRequest): Promise<Page<MessageView>>
  deliveries(id: string): Promise<readonly DeliveryView[]>
  /** Local changes as they are committed, for live pages; ends with the signal. */
  changes(signal: AbortSignal): AsyncIterable<Change>
}

/** Something changed; readers ask again for what they show. */
export type Change =
  | { readonly kind: 'post' | 'message'; readonly id: string }
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'reaction'; readonly post: string }
  | { readonly kind: 'network'; readonly network: string }
