/** Feed ids as small numbers: 200,000 feeds in 8 MB, where a map of strings takes four times that. */
import { isFeedId } from '#networks/ssb/refs.ts'

/** Numbers for ids, dense from 0, in order of first use. */
export interface IdTable {
  readonly size: number
  /** The number of an id; -1 when it has none. */
  find(id: string): number
  /** The number of an id, given now when it has none. @throws RangeError when the text is no feed id */
  add(id: string): number
  /** The id with that number. */
  id(number: number): string
  /** The 32-byte public key with that number. */
  key(number: number): Uint8Array
}

/** Makes an empty table. */
export function openIdTable(): IdTable {
  const scratch = Buffer.alloc(33)
  let keys = Buffer.alloc(32 * 64)
  let slots = new Int32Array(256).fill(-1)
  let size = 0
  let last = { id: '', number: -1 }

  function slotOf(): number {
    const mask = slots.length - 1
    let slot = scratch.readInt32LE(0) & mask
    for (;;) {
      const number = slots[slot] ?? -1
      if (number < 0 || scratch.compare(keys, number * 32, number * 32 + 32, 0, 32) === 0)
        return slot
      slot = (slot + 1) & mask
    }
  }
  function grow(): void {
    if (size * 32 === keys.length) keys = Buffer.concat([keys], keys.length * 2)
    if (size * 2 < slots.length) return
    slots = new Int32Array(slots.length * 2).fill(-1)
    for (let number = 0; number < size; number++) {
      keys.copy(scratch, 0, number * 32, number * 32 + 32)
      slots[slotOf()] = number
    }
  }
  function find(id: string): number {
    if (id === last.id) return last.number
    if (!isFeedId(id)) return -1
    scratch.write(id.slice(1, 45), 0, 'base64')
    const number = slots[slotOf()] ?? -1
    if (number >= 0) last = { id, number }
    return number
  }
  return {
    get size() {
      return size
    },
    find,
    add(id) {
      const known = find(id)
      if (known >= 0) return known
      if (!isFeedId(id)) throw new RangeError('not a feed id')
      grow()
      scratch.write(id.slice(1, 45), 0, 'base64')
      slots[slotOf()] = size
      scratch.copy(keys, size * 32, 0, 32)
      last = { id, number: size }
      return size++
    },
    id: (number) => `@${keys.toString('base64', number * 32, number * 32 + 32)}.ed25519`,
    key: (number) => keys.subarray(number * 32, number * 32 + 32),
  }
}
