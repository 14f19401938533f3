/** Feeds and forgeries for tests. */
import { createMessage } from '#networks/ssb/feed/create-message.ts'
import { stateAfter } from '#networks/ssb/feed/links.ts'
import type { ContentObject, FeedState, SignedMessage } from '#networks/ssb/feed/message.ts'
import { sodium } from '#networks/ssb/sodium.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { feedIdOf } from '#networks/ssb/refs.ts'
import type { Body } from '#networks/ssb/wire/rpc.ts'

/** Keys that are the same for the same number. */
export function keysOf(number: number): SsbKeys {
  const publicKey = new Uint8Array(32)
  const secretKey = new Uint8Array(64)
  const seed = Buffer.alloc(32)
  seed.writeUInt32LE(number)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  return { id: feedIdOf(publicKey), publicKey, secretKey }
}

/** Messages of one feed, from the first on. */
export function feedOf(
  keys: SsbKeys,
  contents: readonly (ContentObject | string)[],
): SignedMessage[] {
  return continued(keys, undefined, contents)
}

/** Messages that follow `state`. */
export function continued(
  keys: SsbKeys,
  state: FeedState | undefined,
  contents: readonly (ContentObject | string)[],
): SignedMessage[] {
  const messages: SignedMessage[] = []
  for (const content of contents) {
    const signed = createMessage(keys, state, content, (state?.sequence ?? 0) + 1_600_000_000_000)
    state = stateAfter(signed)
    messages.push(signed)
  }
  return messages
}

/** So many posts. */
export function posts(count: number): ContentObject[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'post',
    text: `post ${index + 1} AB`,
  }))
}

export function contact(
  whom: string,
  tie: { following?: boolean; blocking?: boolean },
): ContentObject {
  return { type: 'contact', contact: whom, ...tie }
}

export function bodyOf({ message }: SignedMessage): Body {
  return { type: 'json', bytes: message.bytes }
}

/** The message with one text for another: with the same low bytes, its id stays the same. */
export function forged(message: SignedMessage, from: string, to: string): Body {
  const text = Buffer.from(message.message.bytes).toString()
  return { type: 'json', bytes: Buffer.from(text.replace(from, to)) }
}
