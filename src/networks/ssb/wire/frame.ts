/**
 * muxrpc frames: a 9-byte header (flags, body length, request number) and a body.
 *
 * Scuttlebutt Protocol Guide, "RPC protocol, header structure".
 */
import type { Body } from '#networks/ssb/wire/rpc.ts'

/** Bit of the flags: the frame belongs to a stream. */
export const STREAM = 8
/** Bit of the flags: the last frame of its direction, or an error. */
export const END = 4
/** Bytes of a header. */
export const HEADER = 9

const TYPES = ['bytes', 'text', 'json'] as const
const NUMBERS = { bytes: 0, text: 1, json: 2 } as const

/** The bits that say how a body is to be read. */
export function typeBits(type: Body['type']): number {
  return NUMBERS[type]
}

/** How a frame with these flags is to be read; undefined for the one value that has no meaning. */
export function typeOf(flags: number): Body['type'] | undefined {
  return TYPES[flags & 3]
}

/** Writes a header to `out` at `at`. A header of nine zero bytes is the goodbye. */
export function writeHeader(
  out: Buffer,
  at: number,
  flags: number,
  length: number,
  request: number,
): void {
  out[at] = flags
  out.writeUInt32BE(length, at + 1)
  out.writeInt32BE(request, at + 5)
}

/** Takes one frame: its flags, its request number and its body (possibly empty, possibly a view of what was pushed). */
export type TakeFrame = (flags: number, request: number, bytes: Uint8Array) => void

/** Cuts a stream of bytes into frames. Holds at most one unfinished frame. */
export class FrameReader {
  readonly #limit: number
  readonly #take: TakeFrame
  readonly #header = Buffer.alloc(HEADER)
  #headerFilled = 0
  #body: Buffer | undefined
  #bodyFilled = 0

  /** `limit`: the longest body that is read, in bytes. */
  constructor(limit: number, take: TakeFrame) {
    this.#limit = limit
    this.#take = take
  }

  /**
   * Reads on; a sentence as the answer means that the stream is broken for good.
   */
  push(bytes: Uint8Array): 'open' | 'goodbye' | { readonly invalid: string } {
    let at = 0
    while (at < bytes.length) {
      if (this.#body) {
        at = this.#fill(this.#body, bytes, at)
        continue
      }
      const end = Math.min(bytes.length, at + HEADER - this.#headerFilled)
      for (; at < end; at++) this.#header[this.#headerFilled++] = bytes[at] ?? 0
      if (this.#headerFilled < HEADER) return 'open'
      this.#headerFilled = 0
      const flags = this.#header[0] ?? 0
      const length = this.#header.readUInt32BE(1)
      const request = this.#header.readInt32BE(5)
      if (length === 0 && flags === 0 && request === 0) return 'goodbye'
      if (flags > 15 || (flags & 3) === 3) return { invalid: `a frame has the flags ${flags}` }
      if (length > this.#limit) return { invalid: `a frame announces ${length} bytes` }
      if (bytes.length - at >= length) {
        this.#take(flags, request, bytes.subarray(at, at + length))
        at += length
      } else {
        this.#body = Buffer.allocUnsafe(length)
      }
    }
    return 'open'
  }

  #fill(body: Buffer, bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + body.length - this.#bodyFilled)
    body.set(bytes.subarray(at, end), this.#bodyFilled)
    this.#bodyFilled += end - at
    if (this.#bodyFilled === body.length) {
      this.#body = undefined
      this.#bodyFilled = 0
      this.#take(this.#header[0] ?? 0, this.#header.readInt32BE(5), body)
    }
    return end
  }
}
