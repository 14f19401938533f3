import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Delivery } from '#network/network.ts'
import { storeOutbox } from '#social/outbox.ts'
import { openDataNode } from '#rig/data-node.ts'
import type { Engine } from '#rig/engines.ts'
import { sampleWire, type SampleOptions } from '#rig/sample-network.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

const hello = { text: { format: 'markdown', body: 'hello' } } as const

/** What a person writes is on disk before it is sent, and is sent once. */
export function publishingSuite(engine: () => Engine): void {
  test('a post is one post in every network that took it', async () => {
    await using at = await scene(engine(), {}, { name: 'other' })
    const { id, deliveries } = await at.node.social.post(hello)
    assert.deepEqual(
      deliveries.map(({ network, state, ref }) => [network, state, ref?.network]),
      [
        ['sample', 'sent', 'sample'],
        ['other', 'sent', 'other'],
      ],
    )
    const { items } = await at.node.social.home()
    assert.deepEqual(
      items.map((post) => post.id),
      [id],
    )
    for (const { ref } of deliveries) {
      assert.equal((await at.node.social.thread(ref!.id)).root.id, id)
    }
    await at.node.social.reply(id!, hello)
    const thread = await at.node.social.thread(deliveries[1]!.ref!.id)
    assert.equal(thread.replies.length, 1)
    assert.equal(thread.root.replies, 1)
  })

  test('the same key publishes once', async () => {
    await using at = await scene(engine())
    const first = await at.node.social.post(hello, { key: 'mine' })
    const second = await at.node.social.post(hello, { key: 'mine' })
    assert.deepEqual(second, first)
    assert.equal((await at.node.social.home()).items.length, 1)
    assert.equal(at.wire.sent.length, 1)
  })

  test('what fails is tried again with the same key, later each time, until it is sent', async () => {
    const answers: (Delivery | undefined)[] = [
      { outcome: 'retry', after: 0, why: 'not now' },
      { outcome: 'retry', after: 60_000, why: 'still not' },
    ]
    await using at = await scene(engine(), { answer: () => answers.shift() })
    at.node.social.start()
    const { id, deliveries } = await at.node.social.post(hello, { key: 'k' })
    assert.equal(id, undefined)
    assert.equal(deliveries[0]!.state, 'retry')
    assert.equal(deliveries[0]!.why, 'not now')
    const wait = deliveries[0]!.retryAt! - at.clock.now()
    assert.ok(wait >= 1000 && wait <= 3000, `waits ${wait} ms`)
    await until(at, () => at.node.network.keys.length === 2, 5000)
    await until(at, () => at.node.network.keys.length === 3, 70_000)
    await until(at, () => at.wire.sent.length === 1, 1000)
    assert.deepEqual(at.node.network.keys, ['k', 'k', 'k'])
    assert.equal((await at.node.social.home()).items.length, 1)
  })

  test('a deed whose record is stored is not sent again when the note of it was lost', async () => {
    await using at = await scene(engine())
    const { id } = await at.node.social.post(hello, { key: 'k' })
    await at.node.core.store.write(({ db }) =>
      db.updateTable('delivery').set({ state: 'waiting', due_at: 0 }).execute(),
    )
    at.node.social.start()
    await until(at, async () => (await at.node.social.deliveries(id!))[0]!.state === 'sent', 1000)
    assert.deepEqual(at.node.network.keys, ['k'])
    assert.equal(at.wire.sent.length, 1)
  })

  test('workers on one outbox never take the same parcel, and what a dead one took comes back', async () => {
    const answer = (): Delivery => ({ outcome: 'retry', after: 0, why: 'later' })
    await using at = await scene(engine(), { answer })
    for (let n = 0; n < 20; n++) await at.node.social.post(hello)
    const now = at.clock.now() + 10_000
    const workers = Array.from({ length: 4 }, () => storeOutbox(at.node.core.store))
    const takes = workers.map((worker) => worker.claim(['sample'], now, now + 60_000, 7))
    const taken = (await Promise.all(takes)).flat().map(({ id }) => id)
    assert.equal(new Set(taken).size, taken.length)
    assert.ok(taken.length >= 7)
    const rest = await workers[0]!.claim(['sample'], now, now + 60_000, 100)
    assert.equal(new Set([...taken, ...rest.map(({ id }) => id)]).size, 20)
    assert.deepEqual(await workers[0]!.claim(['sample'], now, now + 60_000, 100), [])
    assert.deepEqual(await workers[0]!.claim(['other'], now + 60_000, now + 120_000, 100), [])
    const again = await workers[0]!.claim(['sample'], now + 60_000, now + 120_000, 100)
    assert.equal(again.length, 20)
  })

  test('each target has its own delivery', async () => {
    const answer = (_: unknown, target: string): Delivery | undefined =>
      target === 'pod' ? undefined : { outcome: 'gone', why: 'no such inbox' }
    await using at = await scene(engine(), { targets: ['pod', 'ruin'], answer })
    const { id } = await at.node.social.post(hello)
    const states = (await at.node.social.deliveries(id!)).map(({ state, why }) => [state, why])
    assert.deepEqual(states, [
      ['sent', undefined],
      ['gone', 'no such inbox'],
    ])
  })

  test('what no network can carry is refused and leaves nothing', async () => {
    await using at = await scene(engine(), { abilities: { maxText: 10, deeds: new Set(['post']) } })
    const { social } = at.node
    const long = { text: { format: 'plain', body: 'x'.repeat(11) } } as const
    await assert.rejects(social.post(long), { name: 'TooLongError' })
    await assert.rejects(social.follow(`sample:@${'0'.repeat(64)}`, true), { name: 'RefusedError' })
    await assert.rejects(social.post({ text: { format: 'plain', body: ' \n' } }), {
      name: 'EmptyTextError',
    })
    await assert.rejects(social.reply('12', hello), { name: 'NotFoundError' })
    await assert.rejects(social.follow('nobody', true), { name: 'NotFoundError' })
    const rows = await at.node.core.store.read.selectFrom('outbox').selectAll().execute()
    assert.deepEqual(rows, [])
  })

  test('a network that cannot carry a deed says why beside one that can', async () => {
    await using at = await scene(engine(), {}, { name: 'terse', abilities: { maxText: 2 } })
    const { deliveries } = await at.node.social.post(hello)
    assert.deepEqual(
      deliveries.map(({ state }) => state),
      ['sent', 'unsupported'],
    )
    assert.match(deliveries[1]!.why!, /longer than 2/)
  })

  test('people and tags in a text are found, but not in code', async () => {
    await using at = await scene(engine())
    const bob = `sample:@${'b'.repeat(64)}`
    const body = `[@bob](${bob}) likes #Trees and #flowers-2, not \`#code\` or a/#path`
    await at.node.social.post({ text: { format: 'markdown', body } })
    const [post] = (await at.node.social.tagged('#trees')).items
    assert.deepEqual(post!.content.tags, ['trees', 'flowers-2'])
    assert.deepEqual(post!.content.mentions, [{ ref: { network: 'sample', id: bob }, name: 'bob' }])
  })

  test('the changes are heard by listeners, and the stream ends with its signal', async () => {
    await using at = await scene(engine())
    const stop = new AbortController()
    const heard: string[] = []
    const stream = at.node.social.changes(stop.signal)
    const { id } = await at.node.social.post(hello)
    for await (const change of stream) {
      heard.push(change.kind === 'post' ? change.id : change.kind)
      stop.abort()
    }
    assert.deepEqual(heard, [id])
  })
}

async function scene(engine: Engine, ...options: readonly SampleOptions[]) {
  const clock = virtualClock()
  const wire = sampleWire()
  const store = await engine.fresh(clock)
  const all = options.length === 0 ? [{}] : options
  const node = await openDataNode(store, clock, 'a', ...all.map((one) => ({ wire, ...one })))
  return {
    clock,
    wire,
    node,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
      assert.equal(clock.pending, 0, 'a timer was left')
    },
  }
}

/** Moves time until something is so; fails after `ms` of virtual time. */
async function until(
  at: Awaited<ReturnType<typeof scene>>,
  holds: () => boolean | Promise<boolean>,
  ms: number,
): Promise<void> {
  const step = Math.max(50, ms / 50)
  for (let spent = 0; spent <= ms; spent += step) {
    // The database answers in real time: time moves on only after it has answered us some times too.
    for (let turn = 0; turn < 10; turn++) {
      if (await holds()) return
      await at.node.social.me()
    }
    await at.clock.advance(step)
  }
  assert.fail(`it did not happen within ${ms} ms`)
}
