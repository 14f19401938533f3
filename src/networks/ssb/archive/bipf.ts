/**
 * BIPF, the binary form of JSON in ssb-db2's log (github.com/ssbc/bipf-spec): a value is a varint tag, `length << 3 | type`, and
 * `length` bytes.
 */

/** A value of BIPF; bytes have no counterpart in JSON. */
export type BipfValue =
  | null
  | undefined
  | boolean
  | number
  | string
  | Uint8Array
  | readonly BipfValue[]
  | { readonly [key: string]: BipfValue }

/** Where and why bytes are not BIPF. */
export class BipfError extends Error {
  override name = 'BipfError'
  /** In the bytes that were to be decoded. */
  readonly offset: number

  constructor(offset: number, why: string) {
    super(why)
    this.offset = offset
  }
}

// A signed message of at most 8,192 UTF-16 units, indented as it is signed, nests about 64 deep.
const depthLimit = 128

const types = { string: 0, bytes: 1, int: 2, double: 3, array: 4, object: 5, special: 6 } as const

/** Decodes bytes that are exactly one value. @throws BipfError */
export function decodeBipf(bytes: Uint8Array): BipfValue {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tag = readTag(buffer, 0, buffer.length)
  const end = tag.start + tag.length
  if (end !== buffer.length) throw new BipfError(end, 'bytes follow the value')
  return decode(buffer, tag, 0)
}

/** Encodes a value. Properties that are functions or symbols are a programmer's error. */
export function encodeBipf(value: BipfValue): Uint8Array {
  const [type, body] = encodeBody(value)
  return Buffer.concat([varint(body.length * 8 + type), body])
}

type Tag = { readonly type: number; readonly start: number; readonly length: number }

function decode(buffer: Buffer, tag: Tag, depth: number): BipfValue {
  const { type, start, length } = tag
  if (depth > depthLimit) throw new BipfError(start, `nested deeper than ${depthLimit}`)
  switch (type) {
    case types.string:
      return buffer.toString('utf8', start, start + length)
    case types.bytes:
      return Uint8Array.from(buffer.subarray(start, start + length))
    case types.int:
      if (length !== 4) throw new BipfError(start, 'an integer does not have 4 bytes')
      return buffer.readInt32LE(start)
    case types.double:
      if (length !== 8) throw new BipfError(start, 'a double does not have 8 bytes')
      return buffer.readDoubleLE(start)
    case types.array:
      return decodeArray(buffer, tag, depth)
    case types.object:
      return decodeObject(buffer, tag, depth)
    case types.special:
      return decodeSpecial(buffer, tag)
    default:
      throw new BipfError(start, 'a reserved type')
  }
}

function decodeArray(buffer: Buffer, { start, length }: Tag, depth: number): BipfValue {
  const items: BipfValue[] = []
  const end = start + length
  for (let at = start; at < end;) {
    const item = readTag(buffer, at, end)
    items.push(decode(buffer, item, depth + 1))
    at = item.start + item.length
  }
  return items
}

function decodeObject(buffer: Buffer, { start, length }: Tag, depth: number): BipfValue {
  const object: { [key: string]: BipfValue } = {}
  const end = start + length
  for (let at = start; at < end;) {
    const key = readTag(buffer, at, end)
    if (key.type !== types.string) throw new BipfError(at, 'a key is not a string')
    const name = buffer.toString('utf8', key.start, key.start + key.length)
    const item = readTag(buffer, key.start + key.length, end)
    const value = decode(buffer, item, depth + 1)
    if (name === '__proto__') define(object, name, value)
    else object[name] = value
    at = item.start + item.length
  }
  return object
}

/** As `JSON.parse` does it: a plain property, whatever its name. */
function define(object: { [key: string]: BipfValue }, name: string, value: BipfValue): void {
  const plain = { value, enumerable: true, writable: true, configurable: true }
  Object.defineProperty(object, name, plain)
}

function decodeSpecial(buffer: Buffer, { start, length }: Tag): BipfValue {
  if (length === 0) return null
  const code = buffer[start] ?? 3
  if (length > 1 || code > 2) throw new BipfError(start, 'neither null nor true nor false')
  return code === 2 ? undefined : code === 1
}

function readTag(buffer: Buffer, at: number, end: number): Tag {
  let tag = 0
  let factor = 1
  for (let next = at; next < end && next < at + 5; next++) {
    const byte = buffer[next] ?? 0
    tag += (byte & 0x7f) * factor
    factor *= 128
    if (byte < 0x80) return checkedTag(tag, next + 1, end)
  }
  throw new BipfError(at, 'a tag is cut or too long')
}

function checkedTag(tag: number, start: number, end: number): Tag {
  const type = tag % 8
  const length = (tag - type) / 8
  if (start + length > end) throw new BipfError(start, 'a value is longer than what holds it')
  return { type, start, length }
}

function encodeBody(value: BipfValue): [type: number, body: Uint8Array] {
  if (typeof value === 'string') return [types.string, Buffer.from(value)]
  if (value instanceof Uint8Array) return [types.bytes, value]
  if (typeof value === 'number') return encodeNumber(value)
  if (Array.isArray(value)) return [types.array, Buffer.concat(value.map(encodeBipf))]
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).flatMap(([key, item]) => [
      encodeBipf(key),
      encodeBipf(item),
    ])
    return [types.object, Buffer.concat(pairs)]
  }
  if (value === null) return [types.special, Buffer.alloc(0)]
  return [types.special, Buffer.of(value === undefined ? 2 : Number(value))]
}

function encodeNumber(value: number): [type: number, body: Uint8Array] {
  const isInt = Number.isInteger(value) && Math.abs(value) <= 0x7fffffff
  const body = Buffer.alloc(isInt ? 4 : 8)
  if (isInt) body.writeInt32LE(value)
  else body.writeDoubleLE(value)
  return [isInt ? types.int : types.double, body]
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 0x80)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
