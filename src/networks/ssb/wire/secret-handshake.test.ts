import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '#base/clock.ts'
import { virtualClock } from '#rig/virtual-clock.ts'
import { makeHello, takeHello } from '#networks/ssb/wire/handshake-messages.ts'
import { pipePair } from '#networks/ssb/wire/pipe-pair.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'
import {
  HandshakeError,
  shakeHands,
  type HandshakeOptions,
  type Secured,
} from '#networks/ssb/wire/secret-handshake.ts'
import { sodium } from '#networks/ssb/sodium.ts'
import { TEST_CAPS, testKeys } from '#networks/ssb/wire/test-rig.ts'

const alice = testKeys('alice')
const bob = testKeys('bob')
const clock = systemClock()

type Outcome = readonly [PromiseSettledResult<Secured>, PromiseSettledResult<Secured>]

/** Alice dials Bob over a pipe that `between` may spoil. */
async function shake(
  client: Partial<HandshakeOptions> = {},
  server: Partial<HandshakeOptions> = {},
  between: (pipe: Pipe) => Pipe = (pipe) => pipe,
  betweenBack: (pipe: Pipe) => Pipe = (pipe) => pipe,
): Promise<Outcome> {
  const [left, right] = pipePair()
  return Promise.allSettled([
    shakeHands(between(left), {
      keys: alice,
      caps: TEST_CAPS,
      clock,
      remote: bob.publicKey,
      ...client,
    }),
    shakeHands(betweenBack(right), { keys: bob, caps: TEST_CAPS, clock, ...server }),
  ])
}

function bothFail(outcome: Outcome): void {
  for (const side of outcome) {
    assert.equal(side.status, 'rejected')
    assert.ok(side.reason instanceof HandshakeError, String(side.reason))
  }
}

test('both sides learn who the other is and get keys that fit', async () => {
  const [client, server] = await shake()
  assert.ok(client.status === 'fulfilled' && server.status === 'fulfilled')
  assert.deepEqual(client.value.session.peer, Uint8Array.from(bob.publicKey))
  assert.deepEqual(server.value.session.peer, Uint8Array.from(alice.publicKey))
  assert.deepEqual(client.value.session.seal, server.value.session.open)
  assert.deepEqual(client.value.session.open, server.value.session.seal)
})

test('another network key, another server key and an unusable server key fail on both sides', async () => {
  bothFail(await shake({ caps: Buffer.alloc(32, 8) }))
  bothFail(await shake({ remote: alice.publicKey }))
  bothFail(await shake({ remote: Buffer.alloc(32) }))
  bothFail(await shake({ remote: Buffer.alloc(31) }))
})

test('a client that is not welcome gets no answer', async () => {
  const seen: string[] = []
  const authorise = async (peer: Uint8Array): Promise<boolean> => {
    seen.push(Buffer.from(peer).toString('hex'))
    return false
  }
  bothFail(await shake({}, { authorise }))
  assert.deepEqual(
    seen,
    [alice.publicKey].map((key) => Buffer.from(key).toString('hex')),
  )
})

test('a key of small order is refused although its hello is well made', () => {
  const own = makeHello(TEST_CAPS)
  const forged = Buffer.alloc(64)
  sodium.crypto_auth(forged.subarray(0, 32), forged.subarray(32), TEST_CAPS)
  assert.equal(takeHello(TEST_CAPS, own, forged), undefined)
})

test('one flipped bit in anything the client sends fails both sides', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: (64 + 112) * 8 - 1 }), async (bit) => {
      bothFail(await shake({}, {}, (pipe) => flipping(pipe, bit)))
    }),
    { seed: 1, numRuns: 25 },
  )
})

test('one flipped bit in anything the server sends fails the client', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: (64 + 80) * 8 - 1 }), async (bit) => {
      const [client] = await shake(
        {},
        {},
        (pipe) => pipe,
        (pipe) => flipping(pipe, bit),
      )
      assert.ok(client.status === 'rejected' && client.reason instanceof HandshakeError)
    }),
    { seed: 3, numRuns: 25 },
  )
})

test('garbage of any length and chunking fails, and what came after it is not kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 4 }),
      async (chunks) => {
        const [stranger, ours] = pipePair()
        const server = shakeHands(ours, { keys: bob, caps: TEST_CAPS, clock })
        server.catch(() => {})
        for (const chunk of chunks) await stranger.write(chunk).catch(() => {})
        await stranger.end()
        await assert.rejects(server, HandshakeError)
      },
    ),
    { seed: 2, numRuns: 50 },
  )
})

test('somebody who sends a byte now and then is cut off in time', async () => {
  const time = virtualClock()
  const [stranger, ours] = pipePair()
  const server = shakeHands(ours, { keys: bob, caps: TEST_CAPS, clock: time, timeout: 10_000 })
  const failed = assert.rejects(server, /longer than 10 s/)
  for (let i = 0; i < 11; i++) {
    await stranger.write(Buffer.from([i])).catch(() => {})
    await time.advance(1_000)
  }
  await failed
  await assert.rejects(stranger.write(Buffer.from([1])))
  assert.equal(time.pending, 0)
})

test('a handshake stops when it is aborted', async () => {
  const [, ours] = pipePair()
  const stop = new AbortController()
  const server = shakeHands(ours, { keys: bob, caps: TEST_CAPS, clock, signal: stop.signal })
  stop.abort(new Error('enough'))
  await assert.rejects(server, /enough/)
})

test('bytes that follow the handshake in the same chunk are kept', async () => {
  const [left, right] = pipePair()
  const server = shakeHands(right, { keys: bob, caps: TEST_CAPS, clock })
  const eager: Pipe = {
    ...left,
    write: (bytes) =>
      left.write(bytes.length === 112 ? Buffer.concat([bytes, Buffer.from('early')]) : bytes),
  }
  await shakeHands(eager, { keys: alice, caps: TEST_CAPS, clock, remote: bob.publicKey })
  for await (const chunk of (await server).rest) {
    assert.equal(Buffer.from(chunk).toString(), 'early')
    break
  }
})

/** Flips one bit of everything written. */
function flipping(pipe: Pipe, bit: number): Pipe {
  let written = 0
  return {
    ...pipe,
    write(bytes) {
      const copy = Buffer.from(bytes)
      const at = (bit >> 3) - written
      if (at >= 0 && at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7))
      written += copy.length
      return pipe.write(copy)
    },
  }
}
