import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Progress } from '#network/network.ts'
import { isRebuilding, reindex } from '#social/reindex.ts'
import { openDataNode } from '#rig/data-node.ts'
import type { Engine } from '#rig/engines.ts'
import { checkedIntake, samplePerson } from '#rig/sample-people.ts'
import { virtualClock } from '#rig/virtual-clock.ts'
import { conversation, dump } from './order.ts'

/** Everything derived can be made again from the records. */
export function rebuildingSuite(engine: () => Engine): void {
  test('a rebuild gives the same tables and ids', async () => {
    await using at = await scene(engine())
    await at.node.host.receive(checkedIntake(...conversation()))
    const bob = samplePerson('e')
    const [sure, unsure] = [bob.post('sure'), bob.post('unsure')]
    await at.node.host.receive(checkedIntake(sure))
    await at.node.host.receive({ records: [unsure.record], provisional: [unsure.deed] })
    const before = await dump(at.node.core.store)
    const seen: Progress[] = []
    await reindex({
      core: at.node.core,
      networks: at.node.networks,
      progress: (progress) => seen.push(progress),
    })
    assert.deepEqual(await dump(at.node.core.store), before)
    assert.equal(seen[0]!.done, 0)
    assert.equal(seen.at(-1)!.done, seen.at(-1)!.total)
    const [newest] = (await at.node.social.postsOf(bob.ref.id)).items
    assert.equal(newest!.provisional, true)
  })

  test('an interrupted rebuild refuses lists and goes on where it ended', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    for (let i = 0; i < 3; i++) {
      const posts = Array.from({ length: 400 }, (_, n) => bob.post(`${i} ${n}`))
      await at.node.host.receive(checkedIntake(...posts))
    }
    const before = await dump(at.node.core.store)
    const stop = new AbortController()
    const parts = { core: at.node.core, networks: at.node.networks }
    const progress = ({ done }: Progress): void => {
      if (done > 0) stop.abort(new Error('enough'))
    }
    await assert.rejects(reindex({ ...parts, progress, signal: stop.signal }), /enough/)
    assert.equal(await isRebuilding(at.node.core.store), true)
    await assert.rejects(at.node.social.home(), { name: 'RebuildingError' })
    const steps: number[] = []
    await reindex({ ...parts, progress: ({ done }) => steps.push(done) })
    assert.equal(steps[0], 500)
    assert.deepEqual(await dump(at.node.core.store), before)
    assert.equal((await at.node.social.all()).items.length, 20)
  })
}

async function scene(engine: Engine) {
  const clock = virtualClock()
  const store = await engine.fresh(clock)
  const node = await openDataNode(store, clock, 'a')
  return {
    node,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}
