/** One message checked wholly: form, place in the feed, signature. */
import { linksTo } from '#networks/ssb/feed/links.ts'
import type { FeedState, Invalid, SignedMessage } from '#networks/ssb/feed/message.ts'
import { parseMessage } from '#networks/ssb/feed/parse-message.ts'
import { hasValidSignature } from '#networks/ssb/feed/signature.ts'
import { bytesOf } from '#networks/ssb/refs.ts'

/** Checks a message against the state of its author's feed (absent: it must be the first). About 75 µs. */
export function validateOne(
  bytes: Uint8Array,
  state: FeedState | undefined,
  options: { readonly hmacKey?: Uint8Array } = {},
): SignedMessage | Invalid {
  const parsed = validateAlone(bytes, options)
  if ('invalid' in parsed) return parsed
  return linksTo(parsed.message, state) ?? parsed
}

/** Checks a message by itself: form and signature, not its place in the feed. */
export function validateAlone(
  bytes: Uint8Array,
  options: { readonly hmacKey?: Uint8Array } = {},
): SignedMessage | Invalid {
  const parsed = parseMessage(bytes)
  if ('invalid' in parsed) return parsed
  if (!hasValidSignature(parsed, bytesOf(parsed.message.author), options.hmacKey)) {
    return { invalid: 'the signature does not fit' }
  }
  return parsed
}
