import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '#base/clock.ts'
import { END, STREAM } from '#networks/ssb/wire/frame.ts'
import { jsonBody, type Methods } from '#networks/ssb/wire/rpc.ts'
import { ProtocolError } from '#networks/ssb/wire/rpc-errors.ts'
import { meetStranger, type Stranger } from '#networks/ssb/wire/test-rig.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

const JSON_BODY = 2
const anybody = (): boolean => true

const methods: Methods = {
  echo: { type: 'async', allow: anybody, handle: async (args) => args[0] ?? null },
  never: { type: 'async', allow: anybody, handle: () => new Promise(() => {}) },
  endless: {
    type: 'source',
    allow: anybody,
    async *handle() {
      for (;;) yield { type: 'bytes', bytes: Buffer.alloc(10_000) }
    },
  },
  unread: { type: 'duplex', allow: anybody, handle: () => new Promise(() => {}) },
  mirror: {
    type: 'duplex',
    allow: anybody,
    async handle(_args, _caller, channel) {
      for await (const body of channel.source) await channel.write(body)
    },
  },
}

function request(name: string, type = 'async', ...args: readonly unknown[]): string {
  return JSON.stringify({ name: [name], args, type })
}

/** The stranger is still served. */
async function served(stranger: Stranger): Promise<void> {
  await stranger.send(JSON_BODY, 999, request('echo', 'async', 'still here'))
  for (;;) {
    const frame = await stranger.next()
    assert.ok(frame, 'the connection is gone')
    if (frame.number === -999) return assert.equal(frame.text, '"still here"')
  }
}

async function leave(stranger: Stranger): Promise<void> {
  stranger.pipe.destroy()
  await stranger.rpc.closed
}

test('frames that fit nothing are ignored', async () => {
  const stranger = await meetStranger(methods, systemClock())
  await stranger.send(JSON_BODY, -7, '"an answer to nothing"')
  await stranger.send(STREAM | JSON_BODY, -7, '"data of nothing"')
  await stranger.send(STREAM | END | JSON_BODY, 8, 'true')
  await stranger.send(JSON_BODY, 9, 'no JSON')
  await stranger.send(JSON_BODY, 10, '{"name":"echo"}')
  await stranger.send(STREAM | JSON_BODY, 11, '[]')
  await stranger.send(STREAM, 12, '')
  await stranger.send(0, 0, 'a message without a number')
  await served(stranger)
  await leave(stranger)
})

test('a request number that is in use is not taken twice, and late data of a stream is no new call', async () => {
  const stranger = await meetStranger(methods, systemClock())
  await stranger.send(JSON_BODY, 1, request('never'))
  await stranger.send(JSON_BODY, 1, request('echo', 'async', 'twice'))
  await stranger.send(STREAM | JSON_BODY, 2, request('mirror', 'duplex'))
  await stranger.send(STREAM | END | JSON_BODY, 2, 'true')
  assert.deepEqual(await stranger.next(), {
    flags: STREAM | END | JSON_BODY,
    number: -2,
    text: 'true',
  })
  await stranger.send(STREAM | JSON_BODY, 2, request('mirror', 'duplex'))
  await stranger.send(STREAM | JSON_BODY, 2, '"late"')
  await stranger.send(JSON_BODY, 3, request('echo', 'async', 3))
  assert.deepEqual(await stranger.next(), { flags: JSON_BODY, number: -3, text: '3' })
  await leave(stranger)
})

test('open calls are limited; what is too much is refused, not queued', async () => {
  const stranger = await meetStranger(methods, systemClock(), { openCalls: 10 })
  for (let i = 1; i <= 15; i++) await stranger.send(JSON_BODY, i, request('never'))
  for (let i = 11; i <= 15; i++) {
    const frame = await stranger.next()
    assert.equal(frame?.number, -i)
    assert.match(frame?.text ?? '', /too many calls/)
  }
  await leave(stranger)
})

test('somebody who goes on with what is refused is closed', async () => {
  const stranger = await meetStranger(methods, systemClock(), { refusedCalls: 10 })
  for (let number = 1; number <= 11; number++) {
    await stranger.send(JSON_BODY, number, request('no such method')).catch(() => undefined)
  }
  const cause = await stranger.rpc.closed
  assert.ok(cause instanceof ProtocolError)
  assert.match(cause.message, /call after call that is refused/)
})

test('somebody who asks without end and reads nothing is closed before much piles up', async () => {
  const stranger = await meetStranger(methods, systemClock(), { backlog: 200_000 })
  const big = request('echo', 'async', 'x'.repeat(50_000))
  let sent = 0
  try {
    for (; sent < 500; sent++) await stranger.send(JSON_BODY, sent + 1, big)
  } catch {
    // closed on us
  }
  assert.ok(sent < 100, `${sent} requests of 50 kB were taken`)
  assert.match((await stranger.rpc.closed)?.message ?? '', /more than it reads/)
})

test('an endless source stops at a peer that does not read, and the peer is closed in time', async () => {
  const clock = virtualClock()
  const stranger = await meetStranger(methods, clock, { inactivity: 60_000 })
  await stranger.send(STREAM | JSON_BODY, 1, request('endless', 'source'))
  await clock.advance(30_000)
  const { sent } = stranger.rpc.traffic
  assert.ok(sent > 0 && sent < 400_000, `${sent} bytes`)
  await stranger.send(JSON_BODY, 2, request('echo')).catch(() => {})
  await clock.advance(90_000)
  assert.match((await stranger.rpc.closed)?.message ?? '', /silent|reads nothing/)
  assert.equal(clock.pending, 0)
})

test('a stream that nobody reads is given up after a while, and the others go on', async () => {
  const clock = virtualClock()
  const stranger = await meetStranger(methods, clock, { queue: 50_000, stall: 10_000 })
  await stranger.send(STREAM | JSON_BODY, 1, request('unread', 'duplex'))
  const flood = (async () => {
    for (let i = 0; i < 40; i++) await stranger.send(STREAM, 1, Buffer.alloc(10_000))
    await stranger.send(JSON_BODY, 2, request('echo', 'async', 'after'))
  })()
  await clock.advance(11_000)
  await flood
  assert.deepEqual(await stranger.next(), {
    flags: STREAM | END | JSON_BODY,
    number: -1,
    text: 'true',
  })
  assert.equal((await stranger.next())?.text, '"after"')
  await leave(stranger)
  assert.equal(clock.pending, 0)
})

test('a silent peer and one that stops in the middle of a frame are closed in time', async () => {
  for (const half of [Buffer.alloc(0), Buffer.from([JSON_BODY, 0, 0, 1])]) {
    const clock = virtualClock()
    const stranger = await meetStranger(methods, clock, { inactivity: 60_000 })
    await stranger.raw(half)
    await clock.advance(130_000)
    assert.match((await stranger.rpc.closed)?.message ?? '', /silent/)
    assert.equal(clock.pending, 0)
  }
})

test('a peer that never answers the goodbye is not waited for', async () => {
  const clock = virtualClock()
  const stranger = await meetStranger(methods, clock)
  const closing = stranger.rpc.close()
  await clock.advance(1_000)
  await closing
  assert.equal(await stranger.rpc.closed, undefined)
  assert.equal(clock.pending, 0)
})

test('too long a body, wrong flags and a forged box close the connection with a cause', async () => {
  const deeds: ((stranger: Stranger) => Promise<void>)[] = [
    (stranger) => stranger.raw(Buffer.from([2, 0x7f, 0, 0, 0, 0, 0, 0, 1])),
    (stranger) => stranger.send(0xff, 1, 'x'),
    (stranger) => stranger.pipe.write(Buffer.alloc(34)),
  ]
  for (const deed of deeds) {
    const stranger = await meetStranger(methods, systemClock())
    await deed(stranger)
    assert.equal((await stranger.rpc.closed)?.name, 'ProtocolError')
  }
})

test('a connection that breaks off without goodbye says so', async () => {
  const stranger = await meetStranger(methods, systemClock())
  await stranger.pipe.end()
  assert.match((await stranger.rpc.closed)?.message ?? '', /broke off/)
})

test('no frames of any kind make us crash, and the connection ends or still serves', async () => {
  const names = fc.constantFrom(
    'echo',
    'never',
    'mirror',
    'unread',
    'nope',
    '__proto__',
    'manifest',
  )
  const body = fc.oneof(
    fc
      .tuple(names, fc.constantFrom('async', 'source', 'duplex', 'sink'))
      .map(([name, type]) => request(name, type)),
    fc.json({ maxDepth: 2 }),
    fc.constantFrom('', 'true', '{"name":["echo"],"args":{}}', '{"message":1}'),
    fc.uint8Array({ maxLength: 300 }),
  )
  const frames = fc.array(
    fc.record({
      flags: fc.integer({ min: 0, max: 16 }),
      number: fc.integer({ min: -4, max: 4 }),
      body,
    }),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(frames, async (list) => {
      const stranger = await meetStranger(methods, systemClock(), { goodbye: 5 })
      const call = stranger.rpc.call(['a'], []).catch(() => {})
      const channel = stranger.rpc.duplex(['b'], [])
      await channel.write(jsonBody(1)).catch(() => {})
      for (const { flags, number, body: bytes } of list) {
        await stranger.send(flags, number, bytes).catch(() => {})
      }
      await stranger.rpc.close()
      await stranger.rpc.closed
      await call
    }),
    { seed: 1, numRuns: 100 },
  )
})
