/** One node on an empty database of an engine, with time in the test's hands. */
import { openDataNode } from '#rig/data-node.ts'
import type { Engine } from '#rig/engines.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

/** Opens the scene; closing it closes the node and its database. */
export async function scene(engine: Engine) {
  const clock = virtualClock()
  const store = await engine.fresh(clock)
  const node = await openDataNode(store, clock, 'a')
  return {
    clock,
    node,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}
