import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMessage } from '#networks/ssb/feed/create-message.ts'
import { stateAfter } from '#networks/ssb/feed/links.ts'
import type { FeedState, SignedMessage } from '#networks/ssb/feed/message.ts'
import {
  openVerifier,
  VerifierClosedError,
  VerifierFullError,
} from '#networks/ssb/feed/open-verifier.ts'
import { HmacKeyError } from '#networks/ssb/feed/signature.ts'
import { keysOf } from '#networks/ssb/identity.ts'

const keys = keysOf(Buffer.alloc(32, 7))
const hmacKey = Buffer.alloc(32, 9)
const feed = feedOf(300)
const authors = feed.map(() => keys.publicKey)

for (const threads of [0, 1, 2]) {
  test(`flags exactly the bad signatures with ${threads} threads`, async () => {
    await using verifier = openVerifier({ threads })
    const bad = new Set([0, 63, 64, 65, 299])
    const batch = feed.map((message, index) => (bad.has(index) ? damaged(message) : message))
    const flags = await verifier.verify(batch, authors)
    assert.deepEqual(
      flags,
      feed.map((_, index) => !bad.has(index)),
    )
    assert.equal(verifier.pending, 0)
  })

  test(`answers urgent batches before the others with ${threads} threads`, async () => {
    await using verifier = openVerifier({ threads })
    const order: string[] = []
    const long = [...feed, ...feed, ...feed]
    const longAuthors = long.map(() => keys.publicKey)
    const note = (name: string) => (): void => void order.push(name)
    await Promise.all([
      verifier.verify(long, longAuthors).then(note('first')),
      verifier.verify(long, longAuthors).then(note('second')),
      verifier.verify(feed.slice(0, 1), authors, { urgent: true }).then(note('urgent')),
    ])
    assert.equal(order[0], 'urgent')
    // Two threads may end their last parts in any order.
    if (threads < 2) assert.deepEqual(order, ['urgent', 'first', 'second'])
  })

  test(`fails what waits when it is closed, with ${threads} threads`, async () => {
    const verifier = openVerifier({ threads })
    const waiting = assert.rejects(verifier.verify(feed, authors), VerifierClosedError)
    await verifier[Symbol.asyncDispose]()
    await waiting
    await assert.rejects(verifier.verify(feed, authors), VerifierClosedError)
  })

  test(`checks the HMAC on networks that have a key, with ${threads} threads`, async () => {
    await using verifier = openVerifier({ threads, hmacKey })
    const good = createMessage(keys, undefined, { type: 'post' }, 1000, { hmacKey })
    const other = createMessage(keys, undefined, { type: 'post' }, 1000)
    assert.deepEqual(await verifier.verify([good, other], authors), [true, false])
  })
}

test('answers false for what has no author or a short signature', async () => {
  await using verifier = openVerifier({ threads: 1 })
  const [first, second, third] = feed
  assert.ok(first && second && third)
  const short = { signed: second.signed, signature: second.signature.subarray(1) }
  const flags = await verifier.verify([first, short, third], [keys.publicKey, keys.publicKey])
  assert.deepEqual(flags, [true, false, false])
  assert.deepEqual(await verifier.verify([], []), [])
})

test('refuses more than it holds and takes more again later', async () => {
  await using verifier = openVerifier({ threads: 1, limit: 300 })
  const first = verifier.verify(feed, authors)
  await assert.rejects(verifier.verify(feed.slice(0, 1), authors), VerifierFullError)
  assert.ok((await first).every(Boolean))
  assert.deepEqual(await verifier.verify(feed.slice(0, 1), authors), [true])
})

test('starts a dead thread again and does its work again', async () => {
  await using verifier = openVerifier({ threads: 1 })
  assert.deepEqual(await verifier.verify(feed.slice(0, 1), authors), [true])
  // The thread runs now, so this takes work away from it.
  const done = verifier.verify(feed, authors)
  await verifier.stopThreads()
  assert.ok(verifier.pending > 0)
  assert.ok((await done).every(Boolean))
  assert.ok((await verifier.verify(feed, authors)).every(Boolean))
})

test('checks on the calling thread once its threads keep dying', async () => {
  await using verifier = openVerifier({ threads: 2 })
  const done = verifier.verify(feed, authors)
  for (let death = 0; death < 8; death++) await verifier.stopThreads()
  assert.ok((await done).every(Boolean))
  assert.ok((await verifier.verify(feed, authors)).every(Boolean))
})

test('refuses an HMAC key of another length', () => {
  assert.throws(() => openVerifier({ threads: 1, hmacKey: hmacKey.subarray(1) }), HmacKeyError)
})

function feedOf(count: number): readonly SignedMessage[] {
  const messages: SignedMessage[] = []
  let state: FeedState | undefined
  for (let index = 0; index < count; index++) {
    const message = createMessage(keys, state, { type: 'post', text: 'x'.repeat(index) }, 1000)
    state = stateAfter(message)
    messages.push(message)
  }
  return messages
}

function damaged(message: SignedMessage): SignedMessage {
  const signature = Uint8Array.from(message.signature)
  signature[3] = (signature[3] ?? 0) ^ 1
  return { ...message, signature }
}
