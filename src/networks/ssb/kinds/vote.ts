/** `vote`: likes and other reactions. */
import { isObject, type Json } from '#base/json.ts'
import type { Draft, ReactDeed } from '#model/deed.ts'
import type { ContentObject } from '#networks/ssb/feed/message.ts'
import {
  type Found,
  messageIn,
  NOTHING,
  type Reading,
  wordsIn,
} from '#networks/ssb/kinds/reading.ts'
import { isMessageId, NETWORK } from '#networks/ssb/refs.ts'

const LIKE = '❤'
const DISLIKE = '👎'
/** What programs have written for a plain like, in lower case. */
const likes = new Set([
  'like',
  'likes',
  'liked',
  'unlike',
  'undig',
  'dig',
  'yup',
  'heart',
  '♥',
  '❤',
  '⊗',
])
/** Longest expression that is kept; longer ones are cut. */
const MAX_EXPRESSION = 64

/** Reads a vote on a message. */
export function readVote({ ref, actor, at, content }: Reading): Found {
  const vote = isObject(content['vote']) ? content['vote'] : {}
  const of = messageIn(vote)
  const value = Number(typeof vote['value'] === 'string' ? vote['value'].trim() : vote['value'])
  if (of === undefined || Number.isNaN(value)) return NOTHING
  const emoji = emojiIn(vote['expression'], value)
  return { deeds: [{ kind: 'react', ref, actor, at, of, emoji, on: value !== 0 }] }
}

/** Makes a vote. */
export function writeVote(
  draft: Draft<ReactDeed>,
): ContentObject | { readonly unsupported: string } {
  const { of, emoji, on } = draft
  if (of.network !== NETWORK || !isMessageId(of.id)) {
    return { unsupported: 'The post of this reaction is not on Scuttlebutt.' }
  }
  return { type: 'vote', vote: { link: of.id, value: on ? 1 : 0, expression: emoji } }
}

function emojiIn(expression: Json | undefined, value: number): string {
  const said = wordsIn(expression)?.trim()
  // A variation selector only says how the sign before it looks.
  const plain = said?.replaceAll('\u{FE0F}', '').toLowerCase()
  if (said === undefined || plain === undefined || likes.has(plain)) {
    return value < 0 ? DISLIKE : LIKE
  }
  return said.length <= MAX_EXPRESSION ? said : said.slice(0, MAX_EXPRESSION).toWellFormed()
}
