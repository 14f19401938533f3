/** Reads exact numbers of bytes from chunks, then hands the rest over. */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** The next `length` bytes; undefined when the source ends before. Never holds more than one chunk beyond them. */
  async read(length: number): Promise<Uint8Array | undefined> {
    const out = Buffer.alloc(length)
    let filled = 0
    for (;;) {
      const part = this.#rest.subarray(0, length - filled)
      out.set(part, filled)
      filled += part.length
      this.#rest = this.#rest.subarray(part.length)
      if (filled === length) return out
      const next = await this.#iterator.next()
      if (next.done) return undefined
      this.#rest = next.value
    }
  }

  /** Everything that follows, as chunks. Ends the use of this reader. */
  rest(): AsyncIterable<Uint8Array> {
    const first = this.#rest
    const iterator = this.#iterator
    return {
      async *[Symbol.asyncIterator]() {
        if (first.length > 0) yield first
        for (;;) {
          const next = await iterator.next()
          if (next.done) return
          yield next.value
        }
      },
    }
  }
}
