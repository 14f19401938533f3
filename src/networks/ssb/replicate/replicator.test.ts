import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from '#rig/virtual-clock.ts'
import { feedIdOf } from '#networks/ssb/refs.ts'
import type { SignedMessage } from '#networks/ssb/feed/message.ts'
import { bodyOf, contact, feedOf, forged, keysOf, posts } from '#rig/signed-feeds.ts'
import type { Refusal } from '#networks/ssb/replicate/intake.ts'
import { connect, importFeed, testNode, type TestNode } from '#rig/replicating-node.ts'
import { jsonBody, type Channel, type Method, type Methods } from '#networks/ssb/wire/rpc.ts'

const within = { timeout: 20_000 }
const follow = (whom: string) => contact(whom, { following: true })
const block = (whom: string) => contact(whom, { blocking: true })

async function sameFeed(feed: string, a: TestNode, b: TestNode): Promise<void> {
  const [here, there] = await Promise.all(
    [a, b].map(({ host }) => host.records.range(feed, 1, 5_000)),
  )
  assert.deepEqual(here, there)
}

test('Two nodes that follow each other have each other’s 1,000 messages', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  await importFeed(a, feedOf(a.keys, [follow(b.keys.id), ...posts(999)]))
  await importFeed(b, feedOf(b.keys, [follow(a.keys.id), ...posts(999)]))
  await connect(a, b)
  await Promise.all([a.has(b.keys.id, 1_000), b.has(a.keys.id, 1_000)])
  assert.deepEqual([...a.misbehaved, ...b.misbehaved], [])
  await sameFeed(a.keys.id, a, b)
  await sameFeed(b.keys.id, a, b)
  await a.replicator.settled()
  const { have, total, counters, peers } = a.replicator.status()
  assert.deepEqual([have, total, counters['known'], counters['gap']], [2_000, 2_000, 0, 0])
  assert.equal(peers[0]?.delivered, 1_000)
})

test('A new message is pushed to a connected peer', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  await a.publish(follow(b.keys.id), ...posts(1))
  await b.publish(follow(a.keys.id))
  await connect(a, b)
  await Promise.all([a.has(b.keys.id, 1), b.has(a.keys.id, 2)])
  for (let sequence = 3; sequence < 6; sequence++) {
    await a.publish(...posts(1))
    await b.has(a.keys.id, sequence)
  }
})

test('Messages travel along a line of three nodes, live ones too', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  await using c = await testNode(3)
  for (const node of [a, b, c]) {
    const others = [a, b, c].filter((other) => other !== node)
    await node.publish(...others.map(({ keys }) => follow(keys.id)), ...posts(100))
  }
  await connect(a, b)
  await connect(b, c)
  await Promise.all([a.has(c.keys.id, 102), c.has(a.keys.id, 102)])
  await a.publish(...posts(1))
  await c.has(a.keys.id, 103)
  await sameFeed(a.keys.id, a, c)
})

test(
  'A follow starts replication by itself, of those that the followed follow too',
  within,
  async () => {
    await using a = await testNode(1)
    await using b = await testNode(2)
    const third = keysOf(3)
    await b.publish(follow(third.id), ...posts(3))
    await importFeed(b, feedOf(third, posts(40)))
    await connect(a, b)
    await b.publish(...posts(1))
    assert.equal(a.intake.sequence(b.keys.id), 0)
    await a.publish(follow(b.keys.id))
    await Promise.all([a.has(b.keys.id, 5), a.has(third.id, 40)])
  },
)

test('A block stops replication, and ends it with the blocked peer', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  await using c = await testNode(3)
  await a.publish(follow(b.keys.id), follow(c.keys.id))
  await b.publish(follow(a.keys.id), follow(c.keys.id))
  await c.publish(follow(a.keys.id), follow(b.keys.id), ...posts(3))
  await connect(a, b)
  await connect(c, b)
  await Promise.all([a.has(c.keys.id, 5), c.has(a.keys.id, 2), a.has(b.keys.id, 2)])
  await a.publish(block(c.keys.id))
  await b.has(a.keys.id, 3)
  await c.publish(...posts(1))
  await b.has(c.keys.id, 6)
  await b.publish(...posts(1))
  await a.has(b.keys.id, 3)
  assert.equal(a.intake.sequence(c.keys.id), 5)
  // b knows that a blocks c, so c does not hear of a through b any more.
  assert.equal(c.intake.sequence(a.keys.id), 2)
  await connect(c, a)
  await a.publish(...posts(1))
  await b.has(a.keys.id, 4)
  assert.equal(c.intake.sequence(a.keys.id), 2)
})

test('Another peer serves a feed when the one that served it dies mid-feed', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  await using c = await testNode(3)
  const author = keysOf(9)
  const feed = feedOf(author, posts(1_500))
  for (const node of [b, c]) {
    node.graph.request(author.id, true)
    await importFeed(node, feed)
  }
  stallFrom(641, b)
  a.graph.request(author.id, true)
  const [dying] = await connect(a, b)
  await connect(a, c)
  await a.has(author.id, 640)
  const { peers } = a.replicator.status()
  assert.equal(peers.find(({ id }) => id === c.keys.id)?.delivered, 0)
  await dying.close()
  await a.has(author.id, 1_500)
  await sameFeed(author.id, a, c)
})

test('Another peer serves a feed when the one that served it falls silent', within, async () => {
  await using a = await testNode(1, { timeout: 100 })
  await using b = await testNode(2)
  await using c = await testNode(3)
  const author = keysOf(9)
  for (const node of [b, c]) {
    node.graph.request(author.id, true)
    await importFeed(node, feedOf(author, posts(200)))
  }
  stallFrom(65, b)
  a.graph.request(author.id, true)
  await connect(a, b)
  await a.has(author.id, 64)
  await connect(a, c)
  await a.has(author.id, 200)
})

test(
  'A relay that forges one character is found and the feed is had from another peer',
  within,
  async () => {
    await using a = await testNode(1)
    await using relay = await testNode(2)
    await using good = await testNode(3)
    const author = keysOf(9)
    const feed = feedOf(author, posts(300))
    const bad = feed.map((message, index) =>
      index === 149 ? forged(message, 'AB', 'ŁB') : bodyOf(message),
    )
    a.graph.request(author.id, true)
    good.graph.request(author.id, true)
    await importFeed(good, feed)
    const refused = new Promise<Refusal>((resolve) => a.intake.onRefused(resolve))
    await connect(a, relay, sendsAll(author.id, bad))
    const { peer, sequence, why } = await refused
    assert.deepEqual([peer, sequence, why], [relay.keys.id, 150, 'forged'])
    await connect(a, good)
    await a.has(author.id, 300)
    await sameFeed(author.id, a, good)
    assert.equal(a.misbehaved.length, 1)
  },
)

test('A peer that claims what it does not have is left for one that has it', within, async () => {
  await using a = await testNode(1, { timeout: 100 })
  await using liar = await testNode(2)
  await using good = await testNode(3)
  const author = keysOf(9)
  a.graph.request(author.id, true)
  good.graph.request(author.id, true)
  await importFeed(good, feedOf(author, posts(50)))
  const asked = Promise.withResolvers<void>()
  const methods = duplex(async (channel) => {
    await channel.write(jsonBody({ [author.id]: 2 * 1_000_000 }))
    for await (const body of channel.source) if (body.bytes.length > 2) asked.resolve()
  })
  await connect(a, liar, methods)
  await asked.promise
  await connect(a, good)
  await a.has(author.id, 50)
  assert.ok(a.replicator.status().counters['failovers'])
})

test('A peer that sends garbage and floods is bounded and its stream ended', within, async () => {
  await using a = await testNode(1)
  await using rogue = await testNode(2)
  const ended = Promise.withResolvers<void>()
  const clock = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`garbage ${at}`, at]))
  const strangers = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, at) => [keysOf(100 + at).id, at]),
  )
  const unasked = feedOf(keysOf(8), posts(1)).map(bodyOf)[0]
  const methods = duplex(async (channel) => {
    await channel.write(jsonBody({ ...clock, [keysOf(9).id]: 0.5, [keysOf(8).id]: -7 }))
    await channel.write(jsonBody(strangers))
    try {
      for (;;) if (unasked) await channel.write(unasked)
    } finally {
      ended.resolve()
    }
  })
  await connect(a, rogue, methods)
  await ended.promise
  assert.match(a.misbehaved.join(), /malformed clock.*floods us/)
  assert.ok(a.intake.feeds.ids.size < 10)
})

test('A clock of 300,000 feeds ends the stream and leaves nothing behind', within, async () => {
  await using a = await testNode(1)
  await using rogue = await testNode(2)
  const ended = Promise.withResolvers<void>()
  const id = Buffer.alloc(32)
  const methods = duplex(async (channel) => {
    try {
      for (let at = 0; at < 75; at++) {
        const clock: Record<string, number> = {}
        for (let feed = 0; feed < 4_000; feed++) {
          id.writeUInt32LE(at * 4_000 + feed)
          clock[feedIdOf(id)] = 2
        }
        await channel.write(jsonBody(clock))
      }
      // The node says no to some of them, then ends the stream.
      for await (const body of channel.source) assert.ok(body.bytes.length > 0)
    } finally {
      ended.resolve()
    }
  })
  await connect(a, rogue, methods)
  await ended.promise
  assert.ok(a.intake.feeds.ids.size < 10)
  assert.match(a.misbehaved.join(), /floods us/)
})

test('A peer that asks for the same again and again is served only so often', within, async () => {
  await using a = await testNode(1, { clock: virtualClock() })
  await using rogue = await testNode(2)
  await a.publish(...posts(50))
  const served = Promise.withResolvers<number>()
  const methods = duplex(async (channel) => {
    let messages = 0
    let answers = 0
    const ask = (feed: string): Promise<void> => channel.write(jsonBody({ [feed]: 0 }))
    await ask(a.keys.id)
    for await (const { bytes } of channel.source) {
      const text = Buffer.from(bytes).toString()
      if (text.includes('"previous"')) messages++
      else if (text.includes(':-1')) answers++
      else continue
      if (answers === 5) break
      if (answers === 0 && messages % 50 > 0) continue
      // Strangers are always answered: what was asked before that would have come by then.
      await ask(a.keys.id)
      if (messages === 50 * 17) await ask(keysOf(100 + answers).id)
    }
    served.resolve(messages)
  })
  await connect(a, rogue, methods)
  assert.equal(await served.promise, 50 * 17)
})

test('What has not changed since last time is not spoken of again', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  const authors = Array.from({ length: 300 }, (_, at) => keysOf(100 + at))
  for (const node of [a, b]) for (const { id } of authors) node.graph.request(id, true)
  for (const keys of authors) await importFeed(b, feedOf(keys, posts(1)))
  a.graph.request(b.keys.id, true)
  const traffic: number[] = []
  for (let sequence = 1; sequence < 4; sequence++) {
    const [rpc] = await connect(a, b)
    await Promise.all(authors.map(({ id }) => a.has(id, 1)))
    await b.publish(...posts(1))
    await a.has(b.keys.id, sequence)
    traffic.push(rpc.traffic.received + rpc.traffic.sent)
    await rpc.close()
  }
  assert.ok((traffic[0] ?? 0) > 100_000, traffic.join())
  assert.ok((traffic[2] ?? 0) < 3_000, traffic.join())
})

test('Two nodes that dial each other at once replicate', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  await a.publish(follow(b.keys.id))
  await b.publish(follow(a.keys.id))
  await Promise.all([connect(a, b), connect(b, a)])
  for (let sequence = 2; sequence < 6; sequence++) {
    await Promise.all([a.publish(...posts(1)), b.publish(...posts(1))])
    await Promise.all([a.has(b.keys.id, sequence), b.has(a.keys.id, sequence)])
  }
})

test('A peer that connects again is replicated with on the new connection', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  await a.publish(follow(b.keys.id))
  await b.publish(follow(a.keys.id))
  const [first] = await connect(a, b)
  await a.has(b.keys.id, 1)
  await connect(a, b)
  await Promise.all([b.publish(...posts(1)), first.close()])
  const began = performance.now()
  await a.has(b.keys.id, 2)
  assert.ok(performance.now() - began < 5_000)
})

test('A peer says how much it has of my feed', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  b.graph.request(a.keys.id, true)
  await importFeed(b, feedOf(a.keys, posts(7)))
  await connect(a, b)
  await a.has(a.keys.id, 7)
  assert.deepEqual(a.heard[0], [a.keys.id, b.keys.id, 7])
})

test(
  'A peer that answers with the same message without end is not listened to',
  within,
  async () => {
    await using a = await testNode(1)
    await using b = await testNode(2)
    const author = keysOf(9)
    a.graph.request(author.id, true)
    const [only] = feedOf(author, posts(1))
    assert.ok(only)
    const ended = Promise.withResolvers<void>()
    const createHistoryStream: Method = {
      type: 'source',
      allow: () => true,
      async *handle(_args, { signal }) {
        while (!signal.aborted) yield bodyOf(only)
        ended.resolve()
      },
    }
    await connect(a, b, { createHistoryStream })
    await ended.promise
    await a.has(author.id, 1)
  },
)

test('A peer without EBT is asked for history streams', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  const author = keysOf(9)
  for (const node of [a, b]) node.graph.request(author.id, true)
  await importFeed(b, feedOf(author, posts(150)))
  const { createHistoryStream } = b.replicator.methods
  await connect(a, b, createHistoryStream ? { createHistoryStream } : {})
  await a.has(author.id, 150)
  await sameFeed(author.id, a, b)
})

test(
  'A history stream gives keys, starts where it is told, ends at its limit, and goes on live',
  within,
  async () => {
    await using a = await testNode(1)
    await using b = await testNode(2)
    await b.publish(...posts(5))
    const feed = await b.host.records.range(b.keys.id, 1, 9)
    const [rpc] = await connect(a, b)
    const ask = async (wish: object): Promise<unknown[]> => {
      const got: unknown[] = []
      const source = rpc.source(['createHistoryStream'], [{ id: b.keys.id, ...wish }])
      for await (const { bytes } of source) got.push(JSON.parse(Buffer.from(bytes).toString()))
      return got
    }
    const [message] = (await ask({ sequence: 3, limit: 1 })) as [
      { key: string; value: { sequence: number } },
    ]
    assert.equal(message.key, feed[2]?.id)
    assert.equal(message.value.sequence, 3)
    assert.equal((await ask({ seq: 2, keys: false })).length, 4)
    assert.deepEqual(await ask({ id: 'garbage' }), [])
    const live = ask({ live: true, old: false, limit: 2, keys: false })
    for (let at = 0; at < 2; at++) {
      // The stream is open once the peer has answered something that came after it.
      await ask({ limit: 1 })
      await b.publish(...posts(1))
    }
    assert.equal((await live).length, 2)
  },
)

test('A version of EBT that is not spoken here is refused with a reason', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  const [rpc] = await connect(a, b)
  const channel = rpc.duplex(['ebt', 'replicate'], [{ version: 2 }])
  await assert.rejects(async () => {
    for await (const body of channel.source) assert.fail(`got ${body.type}`)
  }, /version: 3/)
})

test('Provisional messages are not served', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  const feed = feedOf(b.keys, posts(40)) as [SignedMessage, ...SignedMessage[]]
  const gate = Promise.withResolvers<void>()
  b.host.before = ({ checked }) => (checked?.length ? gate.promise : undefined)
  for (const message of feed) await b.intake.offer(bodyOf(message), 'import')
  while (b.host.steps.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(b.intake.sequence(b.keys.id), 40)
  a.graph.request(b.keys.id, true)
  const [rpc] = await connect(a, b)
  for await (const body of rpc.source(['createHistoryStream'], [{ id: b.keys.id }]))
    assert.fail(body.type)
  assert.equal(a.intake.sequence(b.keys.id), 0)
  gate.resolve()
  await a.has(b.keys.id, 40)
})

/** The node's disk hangs when messages from `sequence` on are read. */
function stallFrom(sequence: number, { host }: TestNode): void {
  const { records } = host
  const range = records.range.bind(records)
  Object.assign(records, {
    range: (id: string, from: number, limit: number) =>
      from >= sequence ? new Promise(() => undefined) : range(id, from, limit),
  })
}

function duplex(handle: (channel: Channel) => Promise<void>): Methods {
  return {
    'ebt.replicate': {
      type: 'duplex',
      allow: () => true,
      handle: (_args, _caller, channel) => handle(channel).catch(() => undefined),
    },
  }
}

/** A peer that has one feed and sends all of it whatever it is asked. */
function sendsAll(feed: string, bodies: readonly ReturnType<typeof bodyOf>[]): Methods {
  return duplex(async (channel) => {
    await channel.write(jsonBody({ [feed]: bodies.length * 2 }))
    for await (const body of channel.source) {
      if (body.bytes.length < 3) continue
      await channel.writeMany(bodies)
      break
    }
    await new Promise(() => undefined)
  })
}
