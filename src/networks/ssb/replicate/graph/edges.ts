/** Directed edges between small numbers in typed arrays: 8 bytes an edge. */

/** Who points at whom. */
export interface Edges {
  readonly size: number
  has(from: number, to: number): boolean
  /** @returns false when it was there */
  add(from: number, to: number): boolean
  /** @returns false when it was not there */
  delete(from: number, to: number): boolean
  /** Calls `visit` for every target of `from`, in order of their coming; stops at `true`. */
  visit(from: number, visit: (to: number) => boolean | void): boolean
}

/** Makes an empty set of edges. Per node the targets lie in a block that doubles when it is full. */
export function openEdges(): Edges {
  const none = new Int32Array(0)
  const targets: Int32Array[] = []
  let counts = new Int32Array(64)
  let size = 0

  function placeOf(from: number, to: number): number {
    const place = (targets[from] ?? none).indexOf(to)
    return place < (counts[from] ?? 0) ? place : -1
  }
  return {
    get size() {
      return size
    },
    has: (from, to) => placeOf(from, to) >= 0,
    add(from, to) {
      if (placeOf(from, to) >= 0) return false
      if (from >= counts.length) counts = grown(counts, from * 2)
      while (targets.length <= from) targets.push(none)
      const count = counts[from] ?? 0
      let block = targets[from] ?? none
      if (count === block.length) {
        block = grown(block, Math.max(2, count * 2))
        targets[from] = block
      }
      block[count] = to
      counts[from] = count + 1
      size++
      return true
    },
    delete(from, to) {
      const place = placeOf(from, to)
      if (place < 0) return false
      const block = targets[from] ?? none
      const count = counts[from] ?? 0
      block.copyWithin(place, place + 1, count)
      counts[from] = count - 1
      size--
      return true
    },
    visit(from, visit) {
      const block = targets[from] ?? none
      const count = counts[from] ?? 0
      for (let place = 0; place < count; place++) {
        if (visit(block[place] ?? -1)) return true
      }
      return false
    },
  }
}

function grown(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length)
  longer.set(old)
  return longer
}
