/** `contact`: follow and block. The newest one about a person says everything, as other programs read it. */
import type { BlockDeed, Deed, Draft, FollowDeed } from '#model/deed.ts'
import type { ContentObject } from '#networks/ssb/feed/message.ts'
import { feedIn, type Found, NOTHING, type Reading } from '#networks/ssb/kinds/reading.ts'
import { isFeedId, NETWORK } from '#networks/ssb/refs.ts'

/**
 * Reads a `contact` as one follow and one block deed: blocking beats following, and what is not said is off.
 * The deed that the message is about comes first.
 */
export function readContact({ ref, actor, at, content }: Reading): Found {
  const whom = feedIn(content['contact'])
  if (whom === undefined) return NOTHING
  const blocks = isOn(content['blocking']) || isOn(content['flagged'])
  const follows = !blocks && content['following'] === true
  const follow: Deed = { kind: 'follow', ref, actor, at, whom, on: follows }
  const block: Deed = { kind: 'block', ref, actor, at, whom, on: blocks }
  const ofBlock =
    blocks || (content['blocking'] !== undefined && content['following'] === undefined)
  return { deeds: ofBlock ? [block, follow] : [follow, block] }
}

/** Makes a `contact`. */
export function writeContact(
  draft: Draft<FollowDeed> | Draft<BlockDeed>,
): ContentObject | { readonly unsupported: string } {
  const { kind, whom, on } = draft
  if (whom.network !== NETWORK || !isFeedId(whom.id)) {
    return { unsupported: 'This person is not on Scuttlebutt.' }
  }
  return { type: 'contact', contact: whom.id, [kind === 'follow' ? 'following' : 'blocking']: on }
}

function isOn(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== ''
}
