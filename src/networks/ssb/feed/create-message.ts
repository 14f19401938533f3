/** New messages for a feed of ours. */
import { MetaLifeError } from '#base/errors.ts'
import type { ContentObject, FeedState, SignedMessage } from '#networks/ssb/feed/message.ts'
import {
  canonical,
  MAX_LENGTH,
  parseMessage,
  wrongContent,
} from '#networks/ssb/feed/parse-message.ts'
import { sign } from '#networks/ssb/feed/signature.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'

/** A message is longer than the network carries. */
export class MessageTooLongError extends MetaLifeError {
  override name = 'MessageTooLongError'
  override readonly exitCode = 2
  /** UTF-16 units of the canonical form that are too many. */
  readonly over: number

  constructor(over: number) {
    super(
      `The message is ${over} characters too long for Scuttlebutt, which carries ${MAX_LENGTH} with ` +
        'everything that belongs to it. Shorten it or write two.',
    )
    this.over = over
  }
}

/** A content that no peer would accept: a mistake of the code that made it. */
export class WrongContentError extends MetaLifeError {
  override name = 'WrongContentError'
}

/**
 * Makes and signs the message that follows `state` (the first of the feed when absent).
 *
 * The timestamp is raised where it would not be later than that of the message before.
 *
 * @throws MessageTooLongError, WrongContentError
 */
export function createMessage(
  keys: SsbKeys,
  state: FeedState | undefined,
  content: ContentObject | string,
  timestamp: number,
  options: { readonly hmacKey?: Uint8Array } = {},
): SignedMessage {
  const wrong = wrongContent(content)
  if (wrong !== undefined) throw new WrongContentError(`The message cannot be sent: ${wrong}.`)
  const value = {
    previous: state?.id ?? null,
    sequence: (state?.sequence ?? 0) + 1,
    author: keys.id,
    timestamp: later(timestamp, state?.timestamp),
    hash: 'sha256',
    content,
  }
  const signature = sign(Buffer.from(canonical(value)), keys.secretKey, options.hmacKey)
  const whole = { ...value, signature: `${Buffer.from(signature).toString('base64')}.sig.ed25519` }
  const form = canonical(whole)
  if (form.length > MAX_LENGTH) throw new MessageTooLongError(form.length - MAX_LENGTH)
  const message = parseMessage(Buffer.from(JSON.stringify(whole)))
  if ('invalid' in message) {
    throw new WrongContentError(`The message cannot be sent: ${message.invalid}.`)
  }
  return message
}

function later(timestamp: number, before: number | undefined): number {
  if (before === undefined || timestamp > before) return timestamp
  // Ever coarser steps: beyond 2^53 adding 1 changes nothing.
  return Math.max(before + 1, before * (1 + Number.EPSILON))
}
