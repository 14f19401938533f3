/**
 * Classic messages from bytes (protocol guide, "Feeds"; the exact rules are those of the validation data set and of the
 * reference validator: V8's JSON.stringify with two spaces is the canonical form, lengths are UTF-16 units).
 */
import { hash } from 'node:crypto'
import { isObject, type JsonObject } from '#base/json.ts'
import type { Invalid, SignedMessage } from '#networks/ssb/feed/message.ts'
import { isFeedId, isMessageId } from '#networks/ssb/refs.ts'

/** Longest canonical form of a message, signature included, in UTF-16 units. */
export const MAX_LENGTH = 8192

/** More bytes than any valid message can have on the wire: every unit escaped, and room for spaces. */
const MAX_BYTES = 8 * MAX_LENGTH

/** Deeper nesting makes the canonical form longer than it may be by its indents alone. */
const MAX_DEPTH = 64

const signatureForm = /^[A-Za-z0-9+/]{85}[AQgw]==\.sig\.ed25519$/
const boxForm =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?\.box.*$/
const BEFORE_SIGNATURE = ',\n  "signature": "'
const AFTER_SIGNATURE = '"\n}'

/**
 * Parses the value of a classic message and checks its form, not its signature and not its place in the feed.
 *
 * The bytes are UTF-8 JSON in any spelling; `message.bytes` is the compact one.
 */
export function parseMessage(bytes: Uint8Array): SignedMessage | Invalid {
  if (bytes.length > MAX_BYTES) return { invalid: 'the message is too long' }
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
    const value: unknown = JSON.parse(text)
    if (isDeeper(value, MAX_DEPTH)) return { invalid: 'the message is too long' }
    return readMessage(value, compactBytes(value, text, bytes))
  } catch {
    return { invalid: 'the message is not JSON' }
  }
}

/** True for the text of an encrypted content: canonical base64, `.box` and whatever a later format adds. */
export function isBoxText(content: string): boolean {
  return boxForm.test(content)
}

/** What is wrong with a content, in a sentence. */
export function wrongContent(content: unknown): string | undefined {
  if (typeof content === 'string') {
    return isBoxText(content) ? undefined : 'the content is a text that is no encrypted message'
  }
  if (!isObject(content)) return 'the content is neither an object nor an encrypted message'
  const type = content['type']
  if (typeof type !== 'string') return 'the content has no type'
  if (type.length < 3 || type.length > 52) return 'the content type is not 3 to 52 characters long'
  return undefined
}

/** The canonical form: what ids hash and, without the signature, what is signed. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}

/** `%….sha256` of a canonical form. Hashes only the low byte of each UTF-16 unit, as the format does. */
export function idOf(canonicalForm: string, ascii: boolean): string {
  const input = ascii ? canonicalForm : Buffer.from(canonicalForm, 'latin1')
  return `%${hash('sha256', input, 'base64')}.sha256`
}

type Value = {
  readonly previous: string | null
  readonly author: string
  readonly sequence: number
  readonly timestamp: number
  readonly content: JsonObject | string
  readonly signature: string
}

function readMessage(value: unknown, bytes: Uint8Array): SignedMessage | Invalid {
  const invalid = wrongShape(value)
  if (invalid !== undefined) return { invalid }
  const { previous, author, sequence, timestamp, content, signature } = value as Value
  const form = canonical(value)
  if (form.length > MAX_LENGTH) return { invalid: 'the message is too long' }
  const tail = BEFORE_SIGNATURE.length + signature.length + AFTER_SIGNATURE.length
  const unsigned = form.slice(0, -tail) + '\n}'
  const signed = Buffer.from(unsigned)
  const id = idOf(form, signed.length === unsigned.length)
  return {
    message: { id, author, sequence, previous, timestamp, content, bytes },
    signed,
    signature: Buffer.from(signature.slice(0, 88), 'base64'),
  }
}

function compactBytes(value: unknown, text: string, bytes: Uint8Array): Uint8Array {
  const compact = JSON.stringify(value)
  // A replacement character may stand for bytes that are no UTF-8.
  return compact === text && !text.includes('\uFFFD') ? bytes : Buffer.from(compact)
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some((item) => isDeeper(item, levels - 1))
  for (const key in value) {
    if (isDeeper((value as JsonObject)[key], levels - 1)) return true
  }
  return false
}

function wrongShape(value: unknown): string | undefined {
  if (!isObject(value)) return 'the message is not an object'
  if (!inOrder(Object.keys(value)))
    return 'the fields of the message are not the seven in their order'
  const { previous, author, sequence, timestamp, content, signature } = value
  if (!isFeedId(author)) return 'the author is not a feed id'
  if (typeof sequence !== 'number' || ~~sequence !== sequence || sequence < 1) {
    return 'the sequence is not a positive integer'
  }
  if (sequence === 1 ? previous !== null : !isMessageId(previous)) {
    return 'previous does not fit the sequence'
  }
  if (typeof timestamp !== 'number' || !Number.isFinite(timestamp)) {
    return 'the timestamp is not a number'
  }
  if (value['hash'] !== 'sha256') return 'the hash is not sha256'
  if (typeof signature !== 'string' || !signatureForm.test(signature)) {
    return 'the signature is not 64 bytes in canonical base64'
  }
  return wrongContent(content)
}

function inOrder(keys: readonly string[]): boolean {
  return (
    keys.length === 7 &&
    keys[0] === 'previous' &&
    ((keys[1] === 'author' && keys[2] === 'sequence') ||
      (keys[1] === 'sequence' && keys[2] === 'author')) &&
    keys[3] === 'timestamp' &&
    keys[4] === 'hash' &&
    keys[5] === 'content' &&
    keys[6] === 'signature'
  )
}
