import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryHost, type MemoryHost } from '#rig/memory-host.ts'
import { virtualClock } from '#rig/virtual-clock.ts'
import { openVerifier } from '#networks/ssb/feed/open-verifier.ts'
import { parseMessage } from '#networks/ssb/feed/parse-message.ts'
import type { SignedMessage } from '#networks/ssb/feed/message.ts'
import { deedsOf } from '#networks/ssb/kinds/deeds-of.ts'
import type { Refusal } from '#networks/ssb/replicate/intake.ts'
import { openIntake, type IntakeOptions } from '#networks/ssb/replicate/open-intake.ts'
import { bodyOf, contact, continued, feedOf, forged, keysOf, posts } from '#rig/signed-feeds.ts'
import type { Body } from '#networks/ssb/wire/rpc.ts'

const author = keysOf(1)
const other = keysOf(2)
/** The low bytes of both are the same, so that only the message's own signature tells them apart. */
const low = (text: string): string => text.replace('A', 'Ł')

async function setUp(host: MemoryHost = memoryHost(), options: Partial<IntakeOptions> = {}) {
  const verifier = openVerifier({ threads: 0 })
  const misbehaved: string[] = []
  const refused: Refusal[] = []
  const intake = await openIntake({
    host,
    verifier,
    parse: parseMessage,
    decode: deedsOf,
    unseal: () => undefined,
    clock: host.clock,
    onMisbehaviour: (peer, why) => misbehaved.push(`${peer}: ${why}`),
    ...options,
    // As if the threads were behind: the harder way.
    limits: { headFirst: { from: 32, behind: 0 }, ...options.limits },
  })
  intake.onRefused((refusal) => refused.push(refusal))
  return {
    host,
    intake,
    misbehaved,
    refused,
    async offer(bodies: readonly (SignedMessage | Body)[], peer = 'peer') {
      for (const body of bodies) await intake.offer('message' in body ? bodyOf(body) : body, peer)
      await intake.settled()
    },
    async [Symbol.asyncDispose]() {
      await intake[Symbol.asyncDispose]()
      await verifier[Symbol.asyncDispose]()
    },
  }
}

test('A short run is checked first and stored with its deeds in one step', async () => {
  await using at = await setUp()
  await at.offer(feedOf(author, [...posts(3), contact(other.id, { following: true })]))
  assert.equal(at.intake.sequence(author.id), 4)
  assert.equal(at.intake.checked(author.id), 4)
  assert.equal(at.host.steps.length, 1)
  assert.equal(at.host.steps[0]?.provisional, undefined)
  assert.equal(heardOf(at.host), 4)
})

test('A long run is stored on its newest message and triggers nothing before its own signatures are checked', async () => {
  await using at = await setUp()
  const contents = [...posts(60), contact(other.id, { following: true }), ...posts(60)]
  await at.offer(feedOf(author, contents))
  const first = at.host.steps[0]
  assert.ok((first?.records?.length ?? 0) > 32)
  assert.equal(first?.deeds?.length ?? 0, 0)
  assert.equal(first?.checked?.length ?? 0, 0)
  assert.ok((first?.provisional?.length ?? 0) > 32)
  assert.ok(first?.provisional?.every(({ kind }) => kind === 'post'))
  assert.equal(at.intake.checked(author.id), 121)
  assert.equal(heardOf(at.host), 121)
})

test('Nothing is passed on before its own signature is checked', async () => {
  await using at = await setUp()
  const seen: [number, number][] = []
  at.intake.onChecked((feed, sequence) => {
    const stored = at.host.steps.flatMap(({ checked }) => checked ?? [])
    seen.push([sequence, Math.max(...stored.map((step) => step.sequence))])
    assert.equal(at.intake.checked(feed), sequence)
  })
  await at.offer(feedOf(author, posts(300)))
  assert.equal(seen.at(-1)?.[0], 300)
  for (const [told, stored] of seen) assert.ok(told <= stored)
})

test('A character swapped by a relay mid-run is cut out, held against the relay and had from another peer', async () => {
  await using at = await setUp()
  const feed = feedOf(author, posts(700))
  const bad = feed.map((message, index) =>
    index === 49 ? forged(message, 'AB', low('AB')) : bodyOf(message),
  )
  const parsed = parseMessage((bad[49] as Body).bytes)
  assert.ok('message' in parsed && parsed.message.id === feed[49]?.message.id, 'the id is the same')
  await at.offer(bad, 'relay')
  assert.equal(at.intake.sequence(author.id), 49)
  assert.equal(at.intake.checked(author.id), 49)
  assert.deepEqual(at.misbehaved, ['relay: delivered a message with a bad signature'])
  const { until, ...refusal } = at.refused[0] as Refusal
  assert.deepEqual(refusal, { feed: author.id, peer: 'relay', sequence: 50, why: 'forged' })
  assert.equal(at.intake.refusedUntil(author.id, 'relay'), until)
  await at.offer(feed.slice(49), 'relay')
  assert.equal(at.intake.sequence(author.id), 49)
  await at.offer(feed.slice(49), 'good')
  assert.equal(at.intake.checked(author.id), 700)
  const kept = await at.host.records.get(feed[49]?.message.id ?? '')
  assert.deepEqual(kept?.bytes, feed[49]?.message.bytes)
  assert.equal(at.host.triggered.length, 700)
})

test('A relay that turns text into structure is found by the signature', async () => {
  await using at = await setUp()
  const text = 'hello\u0122,\u010A    \u0122root\u0122: \u0122%x'
  const feed = feedOf(author, [...posts(40), { type: 'post', text }, ...posts(40)])
  const bad = forged(feed[40] as SignedMessage, text, 'hello","root":"%x')
  const parsed = parseMessage(bad.bytes)
  assert.ok('message' in parsed && parsed.message.id === feed[40]?.message.id, 'the id is the same')
  assert.ok(typeof parsed.message.content === 'object' && 'root' in parsed.message.content)
  await at.offer([...feed.slice(0, 40), bad, ...feed.slice(41)], 'relay')
  assert.equal(at.intake.checked(author.id), 40)
  assert.ok([...at.host.deeds.values()].every(({ checked }) => checked))
})

test('A bad newest message does not cost the good ones before it', async () => {
  await using at = await setUp()
  const feed = feedOf(author, posts(50))
  const bad = forged(feed[49] as SignedMessage, 'AB', low('AB'))
  await at.offer([...feed.slice(0, 49), bad], 'relay')
  assert.equal(at.intake.checked(author.id), 49)
  assert.equal(at.misbehaved.length, 1)
})

test('A chain whose author signed past a bad signature ends before it', async () => {
  await using at = await setUp()
  const before = feedOf(author, posts(40))
  const tip = { id: before[39]?.message.id ?? '', sequence: 40 }
  const [wrong] = continued({ ...author, secretKey: other.secretKey }, tip, posts(1))
  const after = continued(author, { id: wrong?.message.id ?? '', sequence: 41 }, posts(40))
  await at.offer([...before, wrong as SignedMessage, ...after])
  assert.equal(at.intake.sequence(author.id), 40)
  assert.equal(at.intake.checked(author.id), 40)
  await at.offer([wrong as SignedMessage, ...after], 'second')
  assert.equal(at.intake.checked(author.id), 40)
  assert.equal(at.misbehaved.length, 2)
})

test('What a crash left unchecked is checked when the intake opens again', async () => {
  const host = memoryHost()
  const feed = feedOf(author, [...posts(40), contact(other.id, { following: true }), ...posts(40)])
  const never = { pending: 0, verify: verifyOnlyUrgent(), async [Symbol.asyncDispose]() {} }
  const crashed = await setUp(host, { verifier: never })
  for (const message of feed) await crashed.intake.offer(bodyOf(message), 'peer')
  while (host.steps.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await crashed[Symbol.asyncDispose]()
  assert.deepEqual(await host.records.head(author.id), {
    feed: author.id,
    sequence: 81,
    id: feed[80]?.message.id,
    checked: 0,
  })
  assert.equal(host.triggered.length, 0)
  await using at = await setUp(host)
  assert.equal(at.intake.checked(author.id), 81)
  assert.equal(heardOf(host), 81)
})

test('A forgery that a crash left unchecked is cut when the intake opens again', async () => {
  const host = memoryHost()
  const feed = feedOf(author, posts(81))
  const bad = feed.map((message, index) =>
    index === 29 ? forged(message, 'AB', low('AB')) : bodyOf(message),
  )
  const never = { pending: 0, verify: verifyOnlyUrgent(), async [Symbol.asyncDispose]() {} }
  const crashed = await setUp(host, { verifier: never })
  for (const body of bad) await crashed.intake.offer(body, 'peer')
  while (host.steps.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await crashed[Symbol.asyncDispose]()
  await using at = await setUp(host)
  assert.equal(at.intake.sequence(author.id), 29)
  await at.offer(feed.slice(29))
  assert.equal(at.intake.checked(author.id), 81)
})

test('Known, out-of-order and unwanted messages are dropped and counted', async () => {
  await using at = await setUp(memoryHost(), { wanted: (feed) => feed === author.id })
  const feed = feedOf(author, posts(5))
  await at.offer([...feed.slice(0, 2), ...feed.slice(0, 2), ...feed.slice(3)])
  await at.offer(feedOf(other, posts(1)))
  const { taken, known, gap, unwanted } = at.intake.counters
  assert.deepEqual({ taken, known, gap, unwanted }, { taken: 2, known: 2, gap: 2, unwanted: 1 })
  assert.deepEqual(at.misbehaved, [])
})

test('Another branch of a feed is refused', async () => {
  await using at = await setUp()
  const feed = feedOf(author, posts(3))
  const branch = feedOf(author, [...posts(1), { type: 'post', text: 'another' }, ...posts(1)])
  await at.offer(feed.slice(0, 2))
  await at.offer(branch.slice(1), 'forker')
  assert.deepEqual([at.intake.counters.fork, at.intake.counters.refused], [1, 1])
  assert.equal(at.refused[0]?.why, 'fork')
  assert.equal(at.intake.sequence(author.id), 2)
})

test('Malformed bytes are counted against the peer and change nothing', async () => {
  await using at = await setUp()
  await at.offer([
    { type: 'json', bytes: Buffer.from('{"a":') },
    { type: 'json', bytes: Buffer.from('{"previous":null}') },
    { type: 'bytes', bytes: Buffer.from('x') },
  ])
  assert.equal(at.intake.counters.invalid, 3)
  assert.equal(at.misbehaved.length, 3)
  assert.equal(at.host.steps.length, 0)
})

test('A feed ends where its limit is', async () => {
  await using at = await setUp(memoryHost(), { limits: { maxFeedMessages: 3 } })
  await at.offer(feedOf(author, posts(5)))
  assert.equal(at.intake.sequence(author.id), 3)
  assert.equal(at.intake.counters.full, 1)
})

test('A peer that offers faster than the disk takes is held back, and another is not', async () => {
  const host = memoryHost()
  const gate = Promise.withResolvers<void>()
  host.before = () => gate.promise
  await using at = await setUp(host, { limits: { queueBytes: 40_000 } })
  let offered = 0
  const flood = (async () => {
    for (const message of feedOf(author, posts(200))) {
      await at.intake.offer(bodyOf(message), 'flood')
      offered++
    }
  })()
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(offered < 30, `${offered} messages were let in`)
  assert.equal(at.intake.room('other'), undefined)
  gate.resolve()
  await flood
  await at.intake.settled()
  assert.equal(at.intake.checked(author.id), 200)
})

test('A full disk is waited for and nothing is lost', async () => {
  const clock = virtualClock()
  const host = memoryHost({ clock })
  let failures = 2
  host.before = () => {
    if (failures-- > 0) throw new Error('disk full')
  }
  await using at = await setUp(host)
  for (const message of feedOf(author, posts(3))) await at.intake.offer(bodyOf(message), 'peer')
  while (failures >= 0) await clock.advance(1_000)
  await at.intake.settled()
  assert.equal(at.intake.checked(author.id), 3)
})

test('An own message is stored, passed on at once, and must follow the newest', async () => {
  await using at = await setUp()
  const [first, second, third] = feedOf(author, posts(3)) as [
    SignedMessage,
    SignedMessage,
    SignedMessage,
  ]
  const told: number[] = []
  at.intake.onChecked((_, sequence) => told.push(sequence))
  await at.intake.append(first)
  await at.intake.append(second)
  assert.deepEqual(told, [1, 2])
  await assert.rejects(at.intake.append(second), { name: 'OutOfSequenceError' })
  at.host.before = () => {
    throw new Error('disk full')
  }
  await assert.rejects(at.intake.append(third), /disk full/)
  assert.equal(at.intake.sequence(author.id), 2)
  at.host.before = () => undefined
  await at.intake.append(third)
  assert.equal(at.intake.checked(author.id), 3)
})

test('A private message is opened on arrival, and later when a new key came', async () => {
  const mine = Buffer.from('mine').toString('base64')
  const later = Buffer.from('late').toString('base64')
  await using at = await setUp(memoryHost(), {
    unseal: (box) =>
      box.startsWith(mine.slice(0, 6)) ? { type: 'post', text: 'to me' } : undefined,
  })
  await at.offer(feedOf(author, [`${mine}.box`, `${later}.box`, ...posts(40)]))
  assert.equal(at.intake.counters.boxes, 2)
  assert.equal(at.intake.counters.opened, 1)
  const before = at.host.triggered.length
  const opened = await at.intake.retryBoxes((box) =>
    box.startsWith(later.slice(0, 6)) ? { type: 'post', text: 'late' } : undefined,
  )
  assert.equal(opened, 1)
  assert.equal(at.host.triggered.length, before + 1)
})

/** Messages whose deeds had their triggers run. */
function heardOf({ triggered }: MemoryHost): number {
  return new Set(triggered.map(({ ref }) => ref.id)).size
}

/** Checks heads at once and never gets to the rest: the moment of a crash, held still. */
function verifyOnlyUrgent(): Awaited<ReturnType<typeof openVerifier>>['verify'] {
  return (batch, _authors, options) =>
    options?.urgent ? Promise.resolve(batch.map(() => true)) : new Promise(() => undefined)
}
