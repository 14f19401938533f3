/** Feed ids as small numbers: 200,000 feeds in 8 MB, where a map of strings takes four times that. */
import { isFeedId } from '#networks/ssb/refs.ts'

/** Numbers for ids, dense from 0, in order of first use. */
export interface IdTable {
  readonly size: number
  /** The number of an id; -1 when it has none. */
  find(id: string): number
  /** The number of an id, given now when it has none; -1 when the text is no feed id. */
  add(id: string): number
  /** The id with that number. */
  id(number: number): string
  /** The 32-byte public key with that number. */
  key(number: number): Uint8Array
}

/** Makes an empty table. */
export function openIdTable(): IdTable {
  return new OpenIdTable()
}

/** Open addressing by the first word of the key: keys of people are random. */
class OpenIdTable implements IdTable {
  readonly #scratch = Buffer.alloc(33)
  #keys = Buffer.alloc(32 * 64)
  #slots = new Int32Array(256).fill(-1)
  #last = { id: '', number: -1 }
  size = 0

  find(id: string): number {
    if (id === this.#last.id) return this.#last.number
    if (!isFeedId(id)) return -1
    this.#scratch.write(id.slice(1, 45), 0, 'base64')
    const number = this.#slots[this.#slotOf()] ?? -1
    if (number >= 0) this.#last = { id, number }
    return number
  }

  add(id: string): number {
    const known = this.find(id)
    if (known >= 0 || !isFeedId(id)) return known
    this.#grow()
    this.#scratch.write(id.slice(1, 45), 0, 'base64')
    this.#slots[this.#slotOf()] = this.size
    this.#scratch.copy(this.#keys, this.size * 32, 0, 32)
    this.#last = { id, number: this.size }
    return this.size++
  }

  id(number: number): string {
    return `@${this.#keys.toString('base64', number * 32, number * 32 + 32)}.ed25519`
  }

  key(number: number): Uint8Array {
    return this.#keys.subarray(number * 32, number * 32 + 32)
  }

  /** The slot of the key in `#scratch`, or the free one where it belongs. */
  #slotOf(): number {
    const mask = this.#slots.length - 1
    let slot = this.#scratch.readInt32LE(0) & mask
    for (;;) {
      const number = this.#slots[slot] ?? -1
      const at = number * 32
      if (number < 0 || this.#scratch.compare(this.#keys, at, at + 32, 0, 32) === 0) return slot
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    if (this.size * 32 === this.#keys.length) {
      this.#keys = Buffer.concat([this.#keys], this.#keys.length * 2)
    }
    if (this.size * 2 < this.#slots.length) return
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let number = 0; number < this.size; number++) {
      this.#keys.copy(this.#scratch, 0, number * 32, number * 32 + 32)
      this.#slots[this.#slotOf()] = number
    }
  }
}
