/** From messages to deeds: one reader a kind. Tolerant of every shape; never throws. */
import type { JsonObject } from '#base/json.ts'
import type { Deed } from '#model/deed.ts'
import type { Message } from '#networks/ssb/feed/message.ts'
import { readAbout } from '#networks/ssb/kinds/about.ts'
import { readBlog } from '#networks/ssb/kinds/blog.ts'
import { readChannel } from '#networks/ssb/kinds/channel.ts'
import { readContact } from '#networks/ssb/kinds/contact.ts'
import { readGathering } from '#networks/ssb/kinds/gathering.ts'
import { readPost } from '#networks/ssb/kinds/post.ts'
import { readPub } from '#networks/ssb/kinds/pub.ts'
import type { Found, Reading } from '#networks/ssb/kinds/reading.ts'
import { readVote } from '#networks/ssb/kinds/vote.ts'
import { ssbRef } from '#networks/ssb/refs.ts'

/** What a message means. */
export type Decoded = {
  readonly deeds: readonly Deed[]
  /** The content's `type`; `box` and the like for what is sealed and was not opened. */
  readonly kind: string
  /** False for kinds that nobody here reads: such messages are kept and counted. */
  readonly known: boolean
  /** Address of a peer that the message announces: `host:port:@key.ed25519` or a multiserver address. */
  readonly announces?: string
  /** Ids of the blobs that the message shows. */
  readonly blobs: readonly string[]
}

const readers: ReadonlyMap<string, (reading: Reading) => Found> = new Map([
  ['post', readPost],
  ['about', readAbout],
  ['contact', readContact],
  ['vote', readVote],
  ['channel', readChannel],
  ['pub', readPub],
  ['gathering', readGathering],
  ['blog', readBlog],
])

/**
 * Decodes a message.
 *
 * @param plain the content of a sealed message, once it could be opened
 */
export function deedsOf(message: Message, plain?: JsonObject): Decoded {
  const content = plain ?? message.content
  if (typeof content === 'string') {
    return { deeds: [], kind: content.slice(content.lastIndexOf('.') + 1), known: true, blobs: [] }
  }
  const kind = typeof content['type'] === 'string' ? content['type'] : ''
  const read = readers.get(kind)
  if (read === undefined) return { deeds: [], kind, known: false, blobs: [] }
  const found = read({
    ref: ssbRef(message.id),
    actor: ssbRef(message.author),
    at: message.timestamp,
    content,
    secret: plain !== undefined,
  })
  return { kind, known: true, blobs: [], ...found }
}
