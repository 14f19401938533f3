/** The hash chain of a feed (protocol guide, "Feeds"). */
import type { FeedState, Invalid, Message, SignedMessage } from '#networks/ssb/feed/message.ts'

/**
 * Says what keeps a message from being the next one of its feed; undefined when it fits.
 *
 * The state is that of the message's author; absent before the first message. A second message for a place that is
 * taken does not link: forks are refused.
 */
export function linksTo(
  message: Pick<Message, 'sequence' | 'previous'>,
  state: Pick<FeedState, 'id' | 'sequence'> | undefined,
): Invalid | undefined {
  const sequence = (state?.sequence ?? 0) + 1
  if (message.sequence !== sequence) {
    return { invalid: `expected sequence ${sequence}, not ${message.sequence}` }
  }
  if (message.previous !== (state?.id ?? null)) {
    return { invalid: `the message before sequence ${sequence} is another: the feed is forked` }
  }
  return undefined
}

/** The state of a feed whose newest message this is. */
export function stateAfter({ message }: Pick<SignedMessage, 'message'>): FeedState {
  return { id: message.id, sequence: message.sequence, timestamp: message.timestamp }
}
