/**
 * Box stream: bytes sealed in boxes of at most 4,096 bytes, each behind a sealed 34-byte header.
 *
 * Scuttlebutt Protocol Guide, "Box stream". Nonces are big-endian counters: one for a header, the next for its body.
 */
import { sodium } from '#networks/ssb/sodium.ts'

/** Key and first nonce of one direction. */
export type BoxKey = { readonly key: Uint8Array; readonly nonce: Uint8Array }

/**
 * What a chunk held. `ended` after the other side's goodbye; `forged` when a box does not open, which nothing repairs.
 */
export type Opened = {
  readonly pieces: readonly Uint8Array[]
  readonly state: 'open' | 'ended' | 'forged'
}

const MAC = 16
const HEADER = 2 + MAC
const SEALED_HEADER = MAC + HEADER
/** Most plain bytes of one box. */
export const MAX_BOX = 4096

/** Opens one direction of a box stream. Holds at most one unfinished box. */
export class BoxOpener {
  readonly #key: Uint8Array
  readonly #nonce: Uint8Array
  readonly #sealedHeader = Buffer.alloc(SEALED_HEADER)
  readonly #header = Buffer.alloc(HEADER)
  readonly #mac = this.#header.subarray(2)
  #headerFilled = 0
  /** Length of the body that comes next; 0 while a header is awaited. */
  #length = 0
  #body: Uint8Array | undefined
  #bodyFilled = 0
  #state: Opened['state'] = 'open'

  constructor({ key, nonce }: BoxKey) {
    this.#key = Uint8Array.from(key)
    this.#nonce = Uint8Array.from(nonce)
  }

  /**
   * Opens the boxes in `chunk`, in place: the pieces are views of it, so it must not be used otherwise afterwards.
   */
  push(chunk: Uint8Array): Opened {
    const pieces: Uint8Array[] = []
    let at = 0
    while (at < chunk.length && this.#state === 'open') {
      at = this.#length === 0 ? this.#takeHeader(chunk, at) : this.#takeBody(chunk, at, pieces)
    }
    return { pieces, state: this.#state }
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + SEALED_HEADER - this.#headerFilled)
    for (let i = at; i < end; i++) this.#sealedHeader[this.#headerFilled++] = chunk[i] ?? 0
    if (this.#headerFilled < SEALED_HEADER) return end
    this.#headerFilled = 0
    const nonce = this.#nonce
    if (!sodium.crypto_secretbox_open_easy(this.#header, this.#sealedHeader, nonce, this.#key)) {
      this.#state = 'forged'
      return end
    }
    increment(nonce)
    this.#length = this.#header.readUInt16BE(0)
    if (this.#length === 0)
      this.#state = this.#header.every((byte) => byte === 0) ? 'ended' : 'forged'
    if (this.#length > MAX_BOX) this.#state = 'forged'
    return end
  }

  #takeBody(chunk: Uint8Array, at: number, pieces: Uint8Array[]): number {
    const end = Math.min(chunk.length, at + this.#length - this.#bodyFilled)
    let body = chunk
    if (end - at === this.#length) {
      body = chunk.subarray(at, end)
    } else {
      body = this.#body ??= Buffer.allocUnsafe(this.#length)
      body.set(chunk.subarray(at, end), this.#bodyFilled)
      this.#bodyFilled += end - at
      if (this.#bodyFilled < this.#length) return end
      this.#body = undefined
      this.#bodyFilled = 0
    }
    if (sodium.crypto_secretbox_open_detached(body, body, this.#mac, this.#nonce, this.#key)) {
      increment(this.#nonce)
      this.#length = 0
      pieces.push(body)
    } else {
      this.#state = 'forged'
    }
    return end
  }
}

/** Seals one direction of a box stream. */
export class BoxSealer {
  readonly #key: Uint8Array
  readonly #nonce: Uint8Array
  readonly #headerNonce: Uint8Array
  readonly #header = Buffer.alloc(HEADER)
  readonly #mac = this.#header.subarray(2)

  constructor({ key, nonce }: BoxKey) {
    this.#key = Uint8Array.from(key)
    this.#nonce = Uint8Array.from(nonce)
    this.#headerNonce = Uint8Array.from(nonce)
  }

  /** The boxes that carry `plain`, as few as possible, in one new buffer. `plain` may be reused afterwards. */
  seal(plain: Uint8Array): Uint8Array {
    const boxes = Math.ceil(plain.length / MAX_BOX)
    const out = Buffer.allocUnsafe(plain.length + boxes * SEALED_HEADER)
    for (let from = 0, at = 0; from < plain.length; from += MAX_BOX) {
      const piece = plain.subarray(from, from + MAX_BOX)
      const bodyAt = at + SEALED_HEADER
      const body = out.subarray(bodyAt, bodyAt + piece.length)
      this.#headerNonce.set(this.#nonce)
      increment(this.#nonce)
      sodium.crypto_secretbox_detached(body, this.#mac, piece, this.#nonce, this.#key)
      increment(this.#nonce)
      this.#header.writeUInt16BE(piece.length, 0)
      this.#sealHeader(out.subarray(at, bodyAt))
      at = bodyAt + piece.length
    }
    return out
  }

  /** The box that says that nothing follows: 18 zero bytes, sealed. */
  goodbye(): Uint8Array {
    const out = Buffer.alloc(SEALED_HEADER)
    this.#header.fill(0)
    this.#headerNonce.set(this.#nonce)
    this.#sealHeader(out)
    increment(this.#nonce)
    return out
  }

  #sealHeader(out: Uint8Array): void {
    sodium.crypto_secretbox_easy(out, this.#header, this.#headerNonce, this.#key)
  }
}

function increment(nonce: Uint8Array): void {
  for (let i = nonce.length - 1; i >= 0; i--) {
    const next = ((nonce[i] ?? 0) + 1) & 255
    nonce[i] = next
    if (next !== 0) return
  }
}
