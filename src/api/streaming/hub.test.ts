import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClientContext } from '#api/mastodon/context.ts'
import { openHub } from '#api/streaming/hub.ts'
import type { Happening } from '#api/streaming/streams.ts'
import { clientContext } from '#rig/client-context.ts'
import { openDataNode, type DataNode } from '#rig/data-node.ts'
import { sqliteEngine, type Engine } from '#rig/engines.ts'
import { checkedIntake, samplePerson } from '#rig/sample-people.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

let engine: Engine
let node: DataNode
let context: ClientContext
const clock = virtualClock()
before(async () => {
  engine = await sqliteEngine()
  node = await openDataNode(await engine.fresh(clock), clock, 'a')
  context = clientContext(node, clock)
})
after(async () => {
  await node[Symbol.asyncDispose]()
  await node.core.store[Symbol.asyncDispose]()
  await engine[Symbol.asyncDispose]()
})

test('news come in their order, old posts are no news, and the hub rests when nobody listens', async () => {
  const hub = openHub(context)
  const stop = new AbortController()
  const heard = hub.listen('http://a.test', stop.signal)[Symbol.asyncIterator]()
  const [old, bob] = [
    samplePerson('o', clock.now() - 7_200_000),
    samplePerson('b', clock.now() - 60_000),
  ]
  await node.host.receive(checkedIntake(old.post('long ago'), bob.post('one'), bob.post('two')))
  const bodies: string[] = []
  for (let i = 0; i < 2; i++) {
    const { value } = await heard.next()
    const { payload, streams } = value as Happening
    bodies.push((payload as { content: string }).content)
    assert.deepEqual(streams, ['public', 'public:remote'])
  }
  assert.deepEqual(bodies, ['<p>one</p>', '<p>two</p>'])
  stop.abort()
  assert.equal((await heard.next()).done, true)
})

test('a listener that does not read is ended, the others are not', async () => {
  const hub = openHub(context)
  const stop = new AbortController()
  const lazy = hub.listen('http://a.test', stop.signal)[Symbol.asyncIterator]()
  const busy = hub.listen('http://a.test', stop.signal)[Symbol.asyncIterator]()
  const carol = samplePerson('c', clock.now() - 700_000)
  let read = 0
  for (let round = 0; round < 6; round++) {
    await node.host.receive(
      checkedIntake(...Array.from({ length: 100 }, (_, i) => carol.post(`${round} ${i}`))),
    )
    for (let i = 0; i < 100; i++) if (!(await busy.next()).done) read += 1
  }
  assert.equal(read, 600)
  assert.equal((await lazy.next()).done, true)
  stop.abort()
})
