import type { Clock } from '#base/clock.ts'
import type { Ref } from '#model/ref.ts'
import { hideConversation, listConversations, markRead } from '#social/app/conversations.ts'
import { dropFilter, filtersOf, keepFilter, type PostFilterRule } from '#social/app/filters.ts'
import { listPosts, type PostFilter, type PostList } from '#social/app/lists.ts'
import {
  bookmarkedOf,
  markersOf,
  setBookmark,
  setMarker,
  type MarkerView,
} from '#social/app/marks.ts'
import { setMute } from '#social/app/mutes.ts'
import {
  countNotifications,
  dismiss,
  listNotifications,
  type NotificationFilter,
  type NotificationView,
} from '#social/app/notifications.ts'
import {
  internPerson,
  numbersOf,
  peopleByRef,
  searchPeople,
  standingsTo,
  tiedPeople,
  type PersonNumbers,
  type Standing,
} from '#social/app/people.ts'
import {
  addList,
  changeList,
  dropList,
  listedPeople,
  personLists,
  setListed,
  type PersonList,
} from '#social/app/person-lists.ts'
import {
  authorsOf,
  listMessages,
  messagesById,
  postsById,
  reactedBy,
  type AddressedMessage,
} from '#social/app/posts.ts'
import { followedTags, searchTags } from '#social/app/tags.ts'
import {
  addUpload,
  describeUpload,
  dropUpload,
  uploadOf,
  type UploadView,
} from '#social/app/uploads.ts'
import type { Stretch, Window } from '#social/app/window.ts'
import { findPost } from '#social/read/names.ts'
import { viewPeople } from '#social/read/people.ts'
import type { Reading } from '#social/read/reading.ts'
import type { ConversationView, PersonView, PostView } from '#social/views.ts'

type TieEnd = Parameters<typeof tiedPeople>[1]

/**
 * What apps ask beside `Social`: single things by their local numbers, lists by stretches, and what they remember for the
 * person. Everything is as the node's person sees it; private messages are only in what says so.
 */
export interface AppSocial {
  posts(list: PostList, window: Window, filter?: PostFilter): Promise<Stretch<PostView>>
  postsById(ids: readonly number[]): Promise<readonly PostView[]>
  messagesById(ids: readonly number[]): Promise<readonly AddressedMessage[]>
  /** Messages of all conversations of the person, or of one. */
  messages(window: Window, conversation?: number): Promise<Stretch<AddressedMessage>>
  /** The id of the post that a text of some network names. */
  findPost(text: string): Promise<number>
  authorsOf(posts: readonly number[]): Promise<ReadonlyMap<number, number>>
  reactedBy(post: number, window: Window): Promise<Stretch<number>>
  people(ids: readonly number[]): Promise<ReadonlyMap<number, PersonView>>
  peopleByRef(refs: readonly Ref[]): Promise<ReadonlyMap<string, PersonView>>
  internPerson(ref: Ref): Promise<number>
  /** Counts of people; up to a minute old, unless `fresh`. */
  numbers(ids: readonly number[], fresh?: boolean): Promise<ReadonlyMap<number, PersonNumbers>>
  standings(ids: readonly number[]): Promise<ReadonlyMap<number, Standing>>
  tied(tie: TieEnd, window: Window): Promise<Stretch<PersonView>>
  searchPeople(
    words: string,
    options: { readonly limit: number; readonly offset: number; readonly following: boolean },
  ): Promise<readonly number[]>
  mute(person: number, on: boolean): Promise<void>
  notifications(window: Window, filter?: NotificationFilter): Promise<Stretch<NotificationView>>
  countNotifications(after: number, limit: number, filter: NotificationFilter): Promise<number>
  dismissNotification(id: number | 'all'): Promise<void>
  conversations(window: Window, id?: number): Promise<Stretch<ConversationView>>
  markConversationRead(id: number): Promise<void>
  hideConversation(id: number): Promise<void>
  markers(timelines: readonly MarkerView['timeline'][]): Promise<readonly MarkerView[]>
  setMarker(timeline: MarkerView['timeline'], lastId: number): Promise<void>
  bookmarked(posts: readonly number[]): Promise<ReadonlySet<number>>
  bookmark(post: number, on: boolean): Promise<void>
  addUpload(upload: Omit<UploadView, 'id'>): Promise<UploadView>
  upload(id: number): Promise<UploadView | undefined>
  describeUpload(id: number, said: Pick<UploadView, 'description' | 'focus'>): Promise<void>
  dropUpload(id: number): Promise<void>
  searchTags(
    start: string,
    options: { readonly limit: number; readonly offset: number },
  ): Promise<readonly string[]>
  followedTags(among?: readonly string[]): Promise<readonly string[]>
  /** Lists of the person, or those of them with somebody. */
  lists(having?: number): Promise<readonly PersonList[]>
  addList(list: Omit<PersonList, 'id'>): Promise<PersonList>
  changeList(list: PersonList): Promise<void>
  dropList(id: number): Promise<void>
  setListed(list: number, people: readonly number[], on: boolean): Promise<void>
  listed(list: number, window: Window): Promise<Stretch<PersonView>>
  filters(): Promise<readonly PostFilterRule[]>
  /** An empty id makes a new one. */
  keepFilter(filter: PostFilterRule): Promise<PostFilterRule>
  dropFilter(id: number): Promise<void>
}

/** The side of the door that apps use. */
export function appSide(reading: Reading, clock: Clock): AppSocial {
  return { ...contentSide(reading), ...peopleSide(reading, clock), ...marksSide(reading, clock) }
}

function contentSide(reading: Reading) {
  return {
    posts: (list, window, filter) => listPosts(reading, list, window, filter),
    postsById: (ids) => postsById(reading, ids),
    messagesById: (ids) => messagesById(reading, ids),
    messages: (window, conversation) => listMessages(reading, window, conversation),
    findPost: async (text) => (await findPost(reading, text)).id,
    authorsOf: (posts) => authorsOf(reading, posts),
    reactedBy: (post, window) => reactedBy(reading, post, window),
    conversations: (window, id) => listConversations(reading, window, id),
    markConversationRead: (id) => markRead(reading, id),
    hideConversation: (id) => hideConversation(reading, id),
    searchTags: (start, options) => searchTags(reading, start, options),
    followedTags: (among) => followedTags(reading, among),
    filters: () => filtersOf(reading),
    keepFilter: (filter) => keepFilter(reading, filter),
    dropFilter: (id) => dropFilter(reading, id),
  } satisfies Partial<AppSocial>
}

function peopleSide(reading: Reading, clock: Clock) {
  const numbers = rememberedNumbers(reading, clock)
  return {
    people: (ids) => viewPeople(reading, ids),
    peopleByRef: (refs) => peopleByRef(reading, refs),
    internPerson: (ref) => internPerson(reading, ref),
    numbers: (ids, fresh = false) => numbers(ids, fresh),
    standings: (ids) => standingsTo(reading, ids),
    tied: (tie, window) => tiedPeople(reading, tie, window),
    searchPeople: (words, options) => searchPeople(reading, words, options),
    mute: (person, on) => setMute(reading, person, on, clock.now()),
    lists: (having) => personLists(reading, having),
    addList: (list) => addList(reading, list),
    changeList: (list) => changeList(reading, list),
    dropList: (id) => dropList(reading, id),
    setListed: (list, people, on) => setListed(reading, list, people, on),
    listed: (list, window) => listedPeople(reading, list, window),
  } satisfies Partial<AppSocial>
}

function marksSide(reading: Reading, clock: Clock) {
  return {
    notifications: (window, filter) => listNotifications(reading, window, filter),
    countNotifications: (after, limit, filter) => countNotifications(reading, after, limit, filter),
    dismissNotification: (id) => dismiss(reading, id, clock.now()),
    markers: (timelines) => markersOf(reading, timelines),
    setMarker: (timeline, lastId) => setMarker(reading, timeline, lastId, clock.now()),
    bookmarked: (posts) => bookmarkedOf(reading, posts),
    bookmark: (post, on) => setBookmark(reading, post, on),
    addUpload: (upload) => addUpload(reading, upload, clock.now()),
    upload: (id) => uploadOf(reading, id),
    describeUpload: (id, said) => describeUpload(reading, id, said),
    dropUpload: (id) => dropUpload(reading, id),
  } satisfies Partial<AppSocial>
}

/** Counting the posts of everybody on a page takes longer than reading the page: counts are kept for a minute. */
const REMEMBERED_MS = 60_000
const MAX_REMEMBERED = 5_000

function rememberedNumbers(reading: Reading, clock: Clock) {
  const known = new Map<number, { readonly until: number; readonly numbers: PersonNumbers }>()
  return async (
    ids: readonly number[],
    fresh: boolean,
  ): Promise<ReadonlyMap<number, PersonNumbers>> => {
    const now = clock.now()
    const found = new Map<number, PersonNumbers>()
    const missing: number[] = []
    for (const id of new Set(ids)) {
      const one = known.get(id)
      if (one && one.until > now && !fresh) found.set(id, one.numbers)
      else missing.push(id)
    }
    for (const [id, numbers] of await numbersOf(reading, missing)) {
      found.set(id, numbers)
      known.delete(id)
      known.set(id, { until: now + REMEMBERED_MS, numbers })
      if (known.size > MAX_REMEMBERED) known.delete(known.keys().next().value!)
    }
    return found
  }
}
