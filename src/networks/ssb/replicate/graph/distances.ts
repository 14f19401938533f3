/** Who is within how many hops of whom: breadth first, nearest first, blocks respected. */
import type { Edges } from '#networks/ssb/replicate/graph/edges.ts'

/** A node that is not within reach. */
export const FAR = 255

/** What the distances are made of. */
export type Reach = {
  readonly roots: readonly number[]
  readonly follows: Edges
  readonly blocks: Edges
  /** Nodes that a root blocks. */
  readonly blocked: ReadonlySet<number>
  readonly hops: number
  /** Most nodes that are reached. */
  readonly limit: number
}

/** Hops of every node below `nodes` from the nearest root; `FAR` for all others. */
export function distances(reach: Reach, nodes: number): Uint8Array<ArrayBuffer> {
  const hops = new Uint8Array(nodes).fill(FAR)
  const queue: number[] = []
  for (const root of reach.roots) {
    hops[root] = 0
    queue.push(root)
  }
  spread(reach, hops, queue, reach.limit - queue.length)
  return hops
}

/**
 * Spreads from the nodes in `queue`, in their order, writing shorter distances into `hops`.
 *
 * @param room how many nodes may still come into reach
 * @returns the nodes that came into reach, nearest first
 */
export function spread(reach: Reach, hops: Uint8Array, queue: number[], room: number): number[] {
  const reached: number[] = []
  for (let next = 0; next < queue.length; next++) {
    const from = queue[next] ?? 0
    const distance = (hops[from] ?? FAR) + 1
    if (distance > reach.hops) continue
    reach.follows.visit(from, (to) => {
      const before = hops[to] ?? FAR
      if (before <= distance || reach.blocked.has(to) || reach.blocks.has(from, to)) return
      if (before === FAR) {
        if (reached.length >= room) return
        reached.push(to)
      }
      hops[to] = distance
      queue.push(to)
    })
  }
  return reached
}

/** What a root blocks, unless another root follows it. */
export function blockedBy(roots: readonly number[], follows: Edges, blocks: Edges): Set<number> {
  const blocked = new Set<number>()
  for (const root of roots) blocks.visit(root, (to) => void blocked.add(to))
  if (roots.length < 2) return blocked
  for (const to of blocked) {
    if (roots.some((root) => follows.has(root, to) && !blocks.has(root, to))) blocked.delete(to)
  }
  return blocked
}
