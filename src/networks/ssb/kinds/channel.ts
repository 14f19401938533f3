/** `channel`: subscriptions to hashtags. */
import type { Draft, SubscribeDeed } from '#model/deed.ts'
import type { ContentObject } from '#networks/ssb/feed/message.ts'
import { type Found, NOTHING, type Reading, tagIn } from '#networks/ssb/kinds/reading.ts'

/** Reads a subscription. */
export function readChannel({ ref, actor, at, content }: Reading): Found {
  const tag = tagIn(content['channel'])
  const on = content['subscribed']
  if (tag === undefined || typeof on !== 'boolean') return NOTHING
  return { deeds: [{ kind: 'subscribe', ref, actor, at, tag, on }] }
}

/** Makes a subscription. */
export function writeChannel({ tag, on }: Draft<SubscribeDeed>): ContentObject {
  return { type: 'channel', channel: tag, subscribed: on }
}
