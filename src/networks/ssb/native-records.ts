/** Records by themselves, outside of the stream they came in: for rebuilding indexes and for `metalife verify`. */
import type { Deed } from '#model/deed.ts'
import type { NativeRecord } from '#network/host.ts'
import type { SignedMessage } from '#networks/ssb/feed/message.ts'
import { parseMessage } from '#networks/ssb/feed/parse-message.ts'
import { unseal } from '#networks/ssb/feed/private-box.ts'
import { hasValidSignature } from '#networks/ssb/feed/signature.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { deedsOf } from '#networks/ssb/kinds/deeds-of.ts'
import { bytesOf } from '#networks/ssb/refs.ts'

/** The deeds of a record, private ones opened with the keys given. Empty when the bytes are no message. */
export function decodeRecord(record: NativeRecord, keys: SsbKeys | undefined): readonly Deed[] {
  const parsed = parseMessage(record.bytes)
  if ('invalid' in parsed) return []
  const { content } = parsed.message
  const plain = typeof content === 'string' && keys ? unseal(content, keys) : undefined
  return deedsOf(parsed.message, plain).deeds
}

/**
 * What is wrong with a record, in a sentence: its form, its id, its place, its link to the record before or its signature.
 *
 * @param previous the record before; `null` when there is none, undefined when it is not known
 */
export function faultOf(
  record: NativeRecord,
  previous: NativeRecord | null | undefined,
  hmacKey?: Uint8Array,
): string | undefined {
  const parsed = parseMessage(record.bytes)
  if ('invalid' in parsed) return parsed.invalid
  return misfit(record, parsed) ?? badLink(parsed, previous) ?? badSignature(parsed, hmacKey)
}

function badLink(
  { message }: SignedMessage,
  previous: NativeRecord | null | undefined,
): string | undefined {
  if (previous === undefined || message.previous === (previous?.id ?? null)) return undefined
  return `it names ${message.previous ?? 'nothing'} as the message before, not ${previous?.id ?? 'nothing'}`
}

function misfit(
  { id, feed, sequence }: NativeRecord,
  { message }: SignedMessage,
): string | undefined {
  if (message.id !== id) return `the bytes hash to ${message.id}`
  if (message.author !== feed) return `the author is ${message.author}`
  if (message.sequence !== sequence) return `the sequence in the bytes is ${message.sequence}`
  return undefined
}

function badSignature(signed: SignedMessage, hmacKey?: Uint8Array): string | undefined {
  const good = hasValidSignature(signed, bytesOf(signed.message.author), hmacKey)
  return good ? undefined : 'the signature does not fit'
}
