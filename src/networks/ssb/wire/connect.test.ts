import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '#base/json.ts'
import { jsonBody, type Body, type Methods } from '#networks/ssb/wire/rpc.ts'
import { ClosedError, RemoteError, TimeoutError } from '#networks/ssb/wire/rpc-errors.ts'
import { connectPair, testKeys } from '#networks/ssb/wire/test-rig.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

const anybody = (): boolean => true

/** Signals of calls that were given up, by name. */
function serverMethods(stopped: Map<string, AbortSignal> = new Map()): Methods {
  return {
    echo: { type: 'async', allow: anybody, handle: async (args) => args[0] ?? null },
    'deep.secret': { type: 'async', allow: (id) => id === 'nobody', handle: async () => 'no' },
    refuse: {
      type: 'async',
      allow: anybody,
      handle: async () => Promise.reject(new RemoteError('not today')),
    },
    crash: {
      type: 'async',
      allow: anybody,
      handle: async () => Promise.reject(new Error('/home/somebody/file is missing')),
    },
    never: { type: 'async', allow: anybody, handle: () => new Promise(() => {}) },
    count: { type: 'source', allow: anybody, handle: (args) => count(Number(args[0])) },
    broken: {
      type: 'source',
      allow: anybody,
      async *handle() {
        yield jsonBody(1)
        throw new RemoteError('ran out')
      },
    },
    quiet: {
      type: 'source',
      allow: anybody,
      async *handle(_args, { signal }) {
        stopped.set('quiet', signal)
        yield jsonBody('first')
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      },
    },
    mirror: {
      type: 'duplex',
      allow: anybody,
      async handle(_args, _caller, channel) {
        for await (const bodies of channel.batches) await channel.writeMany(bodies)
      },
    },
  }
}

async function* count(to: number): AsyncGenerator<Body> {
  for (let i = 0; i < to; i++) yield jsonBody(i)
}

async function collect(source: AsyncIterable<Body>): Promise<readonly Json[]> {
  const values: Json[] = []
  for await (const body of source)
    values.push(JSON.parse(Buffer.from(body.bytes).toString()) as Json)
  return values
}

test('both sides know each other and may call', async () => {
  await using pair = await connectPair({ client: serverMethods(), server: serverMethods() })
  assert.equal(pair.client.remote, testKeys('server').id)
  assert.equal(pair.server.remote, testKeys('client').id)
  assert.deepEqual([pair.client.outgoing, pair.server.outgoing], [true, false])
  assert.deepEqual(await pair.client.call(['echo'], [{ a: 'é' }]), { a: 'é' })
  assert.deepEqual(await pair.server.call(['echo'], ['']), '')
})

test('the manifest lists what the peer may call, as a tree', async () => {
  await using pair = await connectPair({ server: serverMethods() })
  const manifest = await pair.client.call(['manifest'], [])
  assert.ok(typeof manifest === 'object' && manifest && 'mirror' in manifest)
  assert.ok(!('deep' in manifest))
})

test('refused, unknown and failing calls are answered with errors that give nothing away', async () => {
  await using pair = await connectPair({ server: serverMethods() })
  const call = (...name: string[]): Promise<Json> => pair.client.call(name, [])
  await assert.rejects(
    call('deep', 'secret'),
    /method:deep,secret is not in list of allowed methods/,
  )
  await assert.rejects(call('constructor'), RemoteError)
  await assert.rejects(call('count'), /no async:count/)
  await assert.rejects(call('refuse'), /not today/)
  await assert.rejects(call('crash'), (error: Error) => error.message === 'internal error')
  await assert.rejects(collect(pair.client.source(['nope'], [])), RemoteError)
  await assert.rejects(collect(pair.client.duplex(['count'], []).source), /no duplex:count/)
})

test('a source gives everything in order, then ends or fails', async () => {
  await using pair = await connectPair({ server: serverMethods() })
  const values = await collect(pair.client.source(['count'], [20_000]))
  assert.deepEqual(values, [...Array(20_000).keys()])
  const seen: number[] = []
  await assert.rejects(async () => {
    for await (const body of pair.client.source(['broken'], [])) seen.push(body.bytes.length)
  }, /ran out/)
  assert.deepEqual(seen, [1])
})

test('leaving a source early stops it at the peer', async () => {
  const stopped = new Map<string, AbortSignal>()
  await using pair = await connectPair({ server: serverMethods(stopped) })
  for await (const body of pair.client.source(['quiet'], [])) {
    assert.equal(Buffer.from(body.bytes).toString(), '"first"')
    break
  }
  await pair.client.call(['echo'], [1])
  assert.equal(stopped.get('quiet')?.aborted, true)
})

test('a duplex carries both directions, and each side ends on its own', async () => {
  await using pair = await connectPair({ server: serverMethods() })
  const channel = pair.client.duplex(['mirror'], [])
  const bodies = Array.from({ length: 5_000 }, (_, i) => jsonBody({ i, text: 'x'.repeat(600) }))
  const written = channel.writeMany(bodies).then(() => channel.end())
  const back = await collect(channel.source)
  await written
  assert.deepEqual(
    back,
    bodies.map((body) => JSON.parse(Buffer.from(body.bytes).toString())),
  )
  await assert.rejects(channel.write(jsonBody(1)), ClosedError)
})

test('bodies of every size around the box and chunk limits arrive whole; empty ones are not sent', async () => {
  await using pair = await connectPair({ server: serverMethods() })
  const channel = pair.client.duplex(['mirror'], [])
  const sizes = [0, 1, 4_086, 4_087, 4_096, 65_535, 65_536, 65_537, 0, 1_048_576]
  const written = channel
    .writeMany(sizes.map((size) => ({ type: 'bytes', bytes: Buffer.alloc(size, size) })))
    .then(() => channel.end())
  const got: number[] = []
  for await (const { bytes } of channel.source) {
    assert.ok(bytes.every((byte) => byte === bytes.length % 256))
    got.push(bytes.length)
  }
  await written
  assert.deepEqual(
    got,
    sizes.filter((size) => size > 0),
  )
  await assert.rejects(
    pair.client.duplex(['mirror'], []).write({ type: 'bytes', bytes: Buffer.alloc(1_048_577) }),
    /too long/,
  )
})

test('a writer waits for a reader that does not read, and memory stays bounded', async () => {
  const limits = { queue: 100_000 }
  const gate = Promise.withResolvers<void>()
  let read = 0
  const server: Methods = {
    slow: {
      type: 'duplex',
      allow: anybody,
      async handle(_args, _caller, channel) {
        await gate.promise
        for await (const body of channel.source) read += body.bytes.length
      },
    },
  }
  await using pair = await connectPair({ server, limits })
  const channel = pair.client.duplex(['slow'], [])
  const body: Body = { type: 'bytes', bytes: Buffer.alloc(60_000) }
  let written = 0
  const writing = (async () => {
    for (let i = 0; i < 1_000; i++, written++) await channel.write(body)
    await channel.end()
  })()
  let before = -1
  // Loopback sockets buffer some megabytes by themselves; what counts is that it stops.
  while (before < written) {
    before = written
    for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(written < 500, `${written} of 1000 bodies were taken`)
  const sent = pair.server.traffic.received
  assert.ok(sent < 2_000_000, `${sent} bytes were read for nobody`)
  gate.resolve()
  await writing
  await pair.client.close()
  assert.equal(read, 60_000_000)
})

test('a call can be aborted, and has a time limit when asked for', async () => {
  const clock = virtualClock()
  await using pair = await connectPair({ server: serverMethods(), clock })
  const stop = new AbortController()
  const aborted = assert.rejects(pair.client.call(['never'], [], { signal: stop.signal }), /enough/)
  stop.abort(new Error('enough'))
  await aborted
  const late = assert.rejects(pair.client.call(['never'], [], { timeout: 5_000 }), TimeoutError)
  const silent = assert.rejects(
    collect(pair.client.source(['quiet'], [], { timeout: 5_000 })),
    TimeoutError,
  )
  await pair.client.call(['echo'], [1])
  await clock.advance(5_000)
  await late
  await clock.advance(10_000)
  await silent
  await Promise.all([pair.client.close(), pair.server.closed])
  assert.equal(clock.pending, 0)
})

test('an aborted source ends at both sides', async () => {
  const stopped = new Map<string, AbortSignal>()
  await using pair = await connectPair({ server: serverMethods(stopped) })
  const stop = new AbortController()
  const source = pair.client.source(['quiet'], [], { signal: stop.signal })
  await assert.rejects(async () => {
    for await (const _ of source) stop.abort(new Error('enough'))
  }, /enough/)
  await pair.client.call(['echo'], [1])
  assert.equal(stopped.get('quiet')?.aborted, true)
})

test('closing says goodbye: both ends close without a cause and what is open fails', async () => {
  const stopped = new Map<string, AbortSignal>()
  const pair = await connectPair({ server: serverMethods(stopped) })
  const pending = assert.rejects(pair.client.call(['never'], []), ClosedError)
  const reading = assert.rejects(collect(pair.client.source(['quiet'], [])), ClosedError)
  await pair.client.call(['echo'], [1])
  await pair.client.close()
  assert.deepEqual(await Promise.all([pair.client.closed, pair.server.closed]), [
    undefined,
    undefined,
  ])
  await Promise.all([pending, reading])
  assert.equal(stopped.get('quiet')?.aborted, true)
  await assert.rejects(pair.client.call(['echo'], [1]), ClosedError)
  await assert.rejects(collect(pair.client.source(['count'], [1])), ClosedError)
  await assert.rejects(pair.client.duplex(['mirror'], []).write(jsonBody(1)), ClosedError)
  await pair[Symbol.asyncDispose]()
})
