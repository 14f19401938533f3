/** From deeds to contents that can be signed; the inverse of `deedsOf`. */
import type { DeedKind, Draft, MessageDeed, PostDeed } from '#model/deed.ts'
import type { ContentObject } from '#networks/ssb/feed/message.ts'
import { MAX_READERS } from '#networks/ssb/feed/private-box.ts'
import { writeAbout } from '#networks/ssb/kinds/about.ts'
import { writeChannel } from '#networks/ssb/kinds/channel.ts'
import { writeContact } from '#networks/ssb/kinds/contact.ts'
import { writePost } from '#networks/ssb/kinds/post.ts'
import { writeVote } from '#networks/ssb/kinds/vote.ts'
import { isFeedId, NETWORK, ssbRef } from '#networks/ssb/refs.ts'

/** What to sign, or why not, in a sentence for people. */
export type Encoded =
  | {
      readonly content: ContentObject
      /** Feed ids for which the content must be sealed; absent for what everybody may read. */
      readonly readers?: readonly string[]
    }
  | { readonly unsupported: string }

/** Makes the content of a deed. Whether it fits in one message is seen when it is signed. */
export function contentOf(draft: Draft): Encoded {
  switch (draft.kind) {
    case 'post':
      return publicPost(draft)
    case 'message':
      return privatePost(draft)
    case 'profile':
      return encoded(writeAbout(draft))
    case 'follow':
    case 'block':
      return encoded(writeContact(draft))
    case 'react':
      return encoded(writeVote(draft))
    case 'subscribe':
      return encoded(writeChannel(draft))
    default:
      return { unsupported: reasons[draft.kind] }
  }
}

type Unsupported = Extract<
  DeedKind,
  'edit' | 'delete' | 'share' | 'answer-follow' | 'event' | 'move'
>

const reasons: Readonly<Record<Unsupported, string>> = {
  edit: 'What was published on Scuttlebutt cannot be changed.',
  delete: 'What was published on Scuttlebutt cannot be taken back: others keep their copies.',
  share: 'Scuttlebutt has no sharing of posts. Answer or react, or write a post that links to it.',
  'answer-follow': 'On Scuttlebutt everybody may follow everybody, so there is nothing to answer.',
  event: 'Gatherings on Scuttlebutt can be read here, but not made.',
  move: 'An identity on Scuttlebutt cannot move to another key.',
}

function publicPost(draft: Draft<PostDeed>): Encoded {
  if (draft.audience === 'followers') {
    return {
      unsupported:
        'On Scuttlebutt everybody can read a post, so one for followers only is not sent there.',
    }
  }
  return encoded(writePost(draft))
}

function privatePost(draft: Draft<MessageDeed>): Encoded {
  const readers = [...new Set([...draft.to, draft.actor].map(({ id }) => id))]
  if (draft.to.some(({ network, id }) => network !== NETWORK || !isFeedId(id))) {
    return { unsupported: 'One of the readers of this message is not on Scuttlebutt.' }
  }
  if (readers.length > MAX_READERS) {
    return {
      unsupported: `A private message on Scuttlebutt has at most ${MAX_READERS} readers, its author included; this one has ${readers.length}.`,
    }
  }
  const content = encoded(writePost({ ...draft, to: readers.map(ssbRef) }))
  return 'unsupported' in content ? content : { ...content, readers }
}

function encoded(content: ContentObject | { readonly unsupported: string }): Encoded {
  return isRefusal(content) ? content : { content }
}

function isRefusal(
  content: ContentObject | { readonly unsupported: string },
): content is { readonly unsupported: string } {
  return !('type' in content)
}
