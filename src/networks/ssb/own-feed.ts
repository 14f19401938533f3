/** Writing: a deed becomes the next message of the own feed, once per key, under the feed's lock. */
import type { Draft } from '#model/deed.ts'
import type { Host } from '#network/host.ts'
import type { Delivery } from '#network/network.ts'
import {
  createMessage,
  MessageTooLongError,
  WrongContentError,
} from '#networks/ssb/feed/create-message.ts'
import type { ContentObject } from '#networks/ssb/feed/message.ts'
import { parseMessage } from '#networks/ssb/feed/parse-message.ts'
import { ReaderCountError, ReaderKeyError, seal } from '#networks/ssb/feed/private-box.ts'
import { feedLock } from '#networks/ssb/feed-lock.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { contentOf } from '#networks/ssb/kinds/content-of.ts'
import { deedsOf } from '#networks/ssb/kinds/deeds-of.ts'
import { bytesOf, ssbRef } from '#networks/ssb/refs.ts'
import type { MessageIntake } from '#networks/ssb/replicate/intake.ts'
import { OutOfSequenceError } from '#networks/ssb/replicate/open-intake.ts'
import type { WriteGuard } from '#networks/ssb/write-guard.ts'

/** The feed of the person whose node this is. */
export interface OwnFeed {
  /** Publishes a deed; the same key answers with the message that it made the first time. */
  send(draft: Draft, key: string, signal: AbortSignal): Promise<Delivery>
  /** Publishes a content that is no deed of a person (the address of a pub), once per key. */
  publish(content: ContentObject, key: string, signal: AbortSignal): Promise<Delivery>
}

export type OwnFeedOptions = {
  readonly host: Pick<Host, 'records' | 'clock'>
  readonly keys: SsbKeys
  readonly intake: Pick<MessageIntake, 'append' | 'feeds'>
  readonly guard: WriteGuard
  readonly hmacKey?: Uint8Array
}

const betray =
  'Reactions on Scuttlebutt are public, and this one would show which private message you read. Answer it instead.'

/** Milliseconds until the router asks again while writing has to wait. */
const GUARDED = 15_000
const BUSY = 1_000

/** Opens the own feed for writing. */
export function openOwnFeed({ host, keys, intake, guard, hmacKey }: OwnFeedOptions): OwnFeed {
  const lock = feedLock()
  let newest: number | undefined

  /** Claimed time of the newest message: the next one must be later. */
  async function lastTimestamp(sequence: number): Promise<number> {
    const [record] = sequence > 0 ? await host.records.range(keys.id, sequence, 1) : []
    const parsed = record && parseMessage(record.bytes)
    return parsed && !('invalid' in parsed) ? parsed.message.timestamp : 0
  }
  async function isSealed(id: string): Promise<boolean> {
    const record = await host.records.get(id)
    const parsed = record && parseMessage(record.bytes)
    return (
      parsed !== undefined && !('invalid' in parsed) && typeof parsed.message.content === 'string'
    )
  }
  async function write(
    content: ContentObject,
    readers: readonly string[] | undefined,
    at: number,
    key: string,
  ): Promise<Delivery> {
    const before = await host.records.keyed?.(key)
    if (before) return { outcome: 'sent', ref: ssbRef(before.id) }
    if (guard.reason !== undefined) return { outcome: 'retry', after: GUARDED, why: guard.reason }
    const tip = intake.feeds.tip(intake.feeds.ids.add(keys.id))
    newest ??= await lastTimestamp(tip?.sequence ?? 0)
    const state = tip && { ...tip, timestamp: newest }
    const body = readers ? seal(content, readers.map(bytesOf)) : content
    const own = createMessage(keys, state, body, at, hmacKey ? { hmacKey } : {})
    const { deeds } = deedsOf(own.message, readers ? content : undefined)
    await intake.append(own, deeds, key)
    newest = own.message.timestamp
    await guard.stored(own.message.sequence)
    return { outcome: 'sent', ref: ssbRef(own.message.id) }
  }
  async function attempt(work: () => Promise<Delivery>, signal: AbortSignal): Promise<Delivery> {
    try {
      return await lock(work, signal)
    } catch (error) {
      newest = undefined
      return deliveryOf(error)
    }
  }
  return {
    async send(draft, key, signal) {
      const encoded = contentOf(draft)
      if ('unsupported' in encoded) return { outcome: 'unsupported', why: encoded.unsupported }
      if (draft.kind === 'react' && (await isSealed(draft.of.id)))
        return { outcome: 'unsupported', why: betray }
      return attempt(() => write(encoded.content, encoded.readers, draft.at, key), signal)
    },
    publish: (content, key, signal) =>
      attempt(() => write(content, undefined, host.clock.now(), key), signal),
  }
}

/** What went wrong, as the router understands it; what it cannot know of is thrown on. */
function deliveryOf(error: unknown): Delivery {
  if (error instanceof OutOfSequenceError)
    return { outcome: 'retry', after: BUSY, why: error.message }
  const refused = [MessageTooLongError, WrongContentError, ReaderCountError, ReaderKeyError]
  if (error instanceof Error && refused.some((kind) => error instanceof kind)) {
    return { outcome: 'refused', why: error.message }
  }
  throw error
}
