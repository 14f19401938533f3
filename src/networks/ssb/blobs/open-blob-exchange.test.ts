import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import type { Json } from '#base/json.ts'
import type { Host } from '#network/host.ts'
import {
  ExchangeClosedError,
  openBlobExchange,
  UnwantedError,
  type BlobExchange,
  type BlobExchangeOptions,
} from '#networks/ssb/blobs/open-blob-exchange.ts'
import { EMPTY_BLOB } from '#networks/ssb/blobs/serve-blobs.ts'
import { blobIdOf, bytesOf } from '#networks/ssb/refs.ts'
import { jsonBody, type Body, type Methods, type Rpc } from '#networks/ssb/wire/rpc.ts'
import { RemoteError } from '#networks/ssb/wire/rpc-errors.ts'
import { connectPair, type TestPair } from '#networks/ssb/wire/test-rig.ts'
import { memoryHost } from '#rig/memory-host.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

const clock = systemClock()
const SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 5 * 1024 * 1024]

type Node = { readonly host: Host; readonly exchange: BlobExchange; readonly arrived: string[] }

async function openNode(
  options: Partial<BlobExchangeOptions> = {},
  host: Host = memoryHost(),
): Promise<Node> {
  const arrived: string[] = []
  const exchange = await openBlobExchange({
    host,
    clock,
    mayRelay: () => true,
    arrived: (id) => arrived.push(id),
    ...options,
  })
  return { host, exchange, arrived }
}

async function store({ host, exchange }: Node, bytes: Uint8Array): Promise<string> {
  const { hash } = await host.blobs.put(once(bytes))
  await exchange.added(blobIdOf(hash))
  return blobIdOf(hash)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

/** Connects two nodes; `left` dials. */
async function join(
  left: Node,
  right: Node,
  names: readonly [string, string] = ['left', 'right'],
): Promise<TestPair> {
  const pair = await connectPair({
    client: left.exchange.methods,
    server: right.exchange.methods,
    clientName: names[0],
    serverName: names[1],
  })
  left.exchange.attach(pair.client)
  right.exchange.attach(pair.server)
  return pair
}

/** Lets the event loop turn until something holds; fails after very many turns. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 200_000; turn++) {
    if (await holds()) return
    await new Promise(setImmediate)
  }
  assert.fail('it did not come about')
}

async function read(source: AsyncIterable<Body>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const { bytes } of source) {
    assert.ok(bytes.length > 0 && bytes.length <= 65_536)
    parts.push(bytes)
  }
  return Buffer.concat(parts)
}

test('wanted blobs of every size around the limits arrive, whichever side wants them', async () => {
  const [left, right] = [await openNode(), await openNode()]
  await using _pair = await join(left, right)
  for (const size of SIZES) {
    const bytes = randomBytes(size)
    const [giver, taker] = size % 2 === 0 ? [left, right] : [right, left]
    const id = await store(giver, bytes)
    await taker.exchange.want(id)
    assert.equal(await taker.host.blobs.size(bytesOf(id)), size)
  }
  assert.deepEqual([left.exchange.wants(), right.exchange.wants()], [[], []])
})

test('a blob that is wanted before anybody has it arrives when somebody gets it', async () => {
  const [left, right] = [await openNode(), await openNode()]
  await using _pair = await join(left, right)
  const bytes = randomBytes(100_000)
  const id = blobIdOf(createHash('sha256').update(bytes).digest())
  const wanted = left.exchange.want(id)
  await store(right, bytes)
  await wanted
  assert.deepEqual(left.arrived, [id])
})

test('wants are kept over a restart and asked for on the next connection', async () => {
  const host = memoryHost()
  const bytes = randomBytes(1000)
  const id = blobIdOf(createHash('sha256').update(bytes).digest())
  const first = await openNode({}, host)
  const waiting = assert.rejects(first.exchange.want(id), ExchangeClosedError)
  await until(async () => (await host.state.keys('blobs/')).length > 0)
  await first.exchange[Symbol.asyncDispose]()
  await waiting
  const again = await openNode({}, host)
  assert.deepEqual(again.exchange.wants(), [{ id, hops: -1 }])
  const right = await openNode()
  await store(right, bytes)
  await using _pair = await join(again, right)
  await again.exchange.want(id)
  assert.deepEqual(await host.state.keys('blobs/'), [])
})

test('a want travels over a peer that is willing, and the blob comes back the same way', async () => {
  const [left, middle, right] = [await openNode(), await openNode(), await openNode()]
  await using _first = await join(left, middle, ['left', 'middle'])
  await using _second = await join(middle, right, ['middle', 'right'])
  const id = await store(right, randomBytes(70_000))
  await left.exchange.want(id)
  assert.equal(await middle.host.blobs.size(bytesOf(id)), 70_000)
})

test('a want is not passed on for strangers, nor beyond the sympathy', async () => {
  const bytes = randomBytes(10)
  for (const options of [{ mayRelay: () => false }, { sympathy: 1 }]) {
    const [left, middle] = [await openNode(), await openNode(options)]
    await using _pair = await join(left, middle)
    const stop = new AbortController()
    const id = blobIdOf(createHash('sha256').update(bytes).digest())
    const wanted = assert.rejects(left.exchange.want(id, { signal: stop.signal }), /enough/)
    const probe = await store(middle, randomBytes(5))
    await left.exchange.want(probe)
    assert.deepEqual(middle.exchange.wants(), [])
    stop.abort(new Error('enough'))
    await wanted
    assert.deepEqual(left.exchange.wants(), [{ id, hops: -1 }])
    await left.exchange.unwant(id)
    assert.deepEqual(left.exchange.wants(), [])
  }
})

test('what was wanted only for a peer is forgotten when it leaves', async () => {
  const [left, middle] = [await openNode(), await openNode()]
  const pair = await join(left, middle)
  const wanted = left.exchange.want(blobIdOf(randomBytes(32))).catch((error: unknown) => error)
  await until(() => middle.exchange.wants().length > 0)
  assert.equal(middle.exchange.wants()[0]?.hops, -2)
  await pair[Symbol.asyncDispose]()
  assert.deepEqual(middle.exchange.wants(), [])
  await left.exchange[Symbol.asyncDispose]()
  assert.ok((await wanted) instanceof ExchangeClosedError)
})

test('a want that is given up ends its waiting', async () => {
  const { exchange } = await openNode()
  const id = blobIdOf(randomBytes(32))
  const wanted = assert.rejects(exchange.want(id), UnwantedError)
  await until(() => exchange.wants().length > 0)
  await new Promise(setImmediate)
  await exchange.unwant(id)
  await wanted
})

/** Methods of a peer that says it has a blob and then sends what it likes. */
function liar(id: string, size: number, get: () => AsyncIterable<Body>): Methods {
  return {
    'blobs.createWants': {
      type: 'source',
      allow: () => true,
      async *handle(_args, { signal }) {
        yield jsonBody({ [id]: size })
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      },
    },
    'blobs.get': { type: 'source', allow: () => true, handle: get },
  }
}

async function* sends(...parts: readonly Uint8Array[]): AsyncGenerator<Body> {
  for (const bytes of parts) yield { type: 'bytes', bytes }
}

async function* fails(): AsyncGenerator<Body> {
  yield { type: 'bytes', bytes: Buffer.alloc(10) }
  throw new RemoteError('I lost it')
}

test('a peer that lies about a blob costs nothing but the try; the next one is asked', async () => {
  const bytes = randomBytes(50_000)
  const id = blobIdOf(createHash('sha256').update(bytes).digest())
  const lies = {
    'other bytes': liar(id, 50_000, () => sends(randomBytes(50_000))),
    'more than it said': liar(id, 1_000, () => sends(bytes)),
    'without end': liar(id, 5_000_000, async function* () {
      for (;;) yield { type: 'bytes', bytes: Buffer.alloc(60_000) }
    }),
    text: liar(id, 50_000, async function* () {
      yield { type: 'text', bytes: Buffer.from('hello') }
    }),
    'an error': liar(id, 50_000, fails),
  }
  for (const [name, methods] of Object.entries(lies)) {
    const [left, right] = [await openNode(), await openNode()]
    await using pair = await connectPair({ client: left.exchange.methods, server: methods })
    const wanted = left.exchange.want(id)
    await until(() => left.exchange.wants().length > 0)
    left.exchange.attach(pair.client)
    await until(() => left.exchange.counters.failed > 0)
    assert.equal(await left.host.blobs.has(bytesOf(id)), false, name)
    await store(right, bytes)
    await using _honest = await join(left, right, ['left', 'honest'])
    await wanted
    assert.equal(left.exchange.counters.failed, 1, name)
  }
})

test('a peer that says it has a blob and sends nothing is given up in time', async () => {
  const time = virtualClock()
  const bytes = randomBytes(50_000)
  const id = blobIdOf(createHash('sha256').update(bytes).digest())
  const [left, right] = [await openNode({ clock: time }), await openNode()]
  const asked = Promise.withResolvers<void>()
  const methods = liar(id, 50_000, async function* () {
    asked.resolve()
    yield { type: 'bytes', bytes: Buffer.alloc(10) }
    await new Promise(() => {})
  })
  const pair = await connectPair({ client: left.exchange.methods, server: methods, clock: time })
  const wanted = left.exchange.want(id)
  await until(() => left.exchange.wants().length > 0)
  left.exchange.attach(pair.client)
  await asked.promise
  await time.advance(90_000)
  await until(() => left.exchange.counters.failed > 0)
  await store(right, bytes)
  await using _honest = await join(left, right, ['left', 'honest'])
  await wanted
  await Promise.all([pair[Symbol.asyncDispose](), time.advance(5_000)])
  assert.equal(time.pending, 0)
})

test('a blob beyond the maximum is not asked for', async () => {
  const [left, right] = [await openNode({ maximum: 1000 }), await openNode()]
  await using _pair = await join(left, right)
  const big = await store(right, randomBytes(1001))
  const small = await store(right, randomBytes(1000))
  const never = left.exchange.want(big).catch(() => {})
  await left.exchange.want(small)
  assert.equal(left.exchange.counters.failed, 0)
  assert.equal(await left.host.blobs.has(bytesOf(big)), false)
  await left.exchange[Symbol.asyncDispose]()
  await never
})

test('has, size, get and getSlice answer in every form that peers use', async () => {
  const node = await openNode()
  const bytes = randomBytes(200_000)
  const id = await store(node, bytes)
  const absent = blobIdOf(randomBytes(32))
  await using pair = await connectPair({ server: node.exchange.methods })
  const rpc: Rpc = pair.client
  const ask = (name: string, arg: Json): Promise<Json> => rpc.call(['blobs', name], [arg])
  const get = (name: string, arg: Json): Promise<Buffer> => read(rpc.source(['blobs', name], [arg]))
  assert.deepEqual(await ask('has', id), true)
  assert.deepEqual(await ask('has', [id, absent, EMPTY_BLOB]), [true, false, true])
  assert.deepEqual([await ask('size', id), await ask('size', absent)], [200_000, null])
  for (const arg of [id, { id }, { key: id, max: 200_000 }, { hash: id, size: 200_000 }]) {
    assert.deepEqual(await get('get', arg), bytes)
  }
  assert.equal((await get('get', EMPTY_BLOB)).length, 0)
  assert.deepEqual(
    await get('getSlice', { hash: id, start: 10, end: 70_000 }),
    bytes.subarray(10, 70_000),
  )
  assert.equal((await get('getSlice', { hash: id, start: 300_000, end: 400_000 })).length, 0)
  for (const arg of [
    absent,
    { key: id, max: 100 },
    { key: id, size: 1 },
    'x',
    null,
    { id, max: -1 },
    7,
  ]) {
    await assert.rejects(get('get', arg), RemoteError)
  }
  await assert.rejects(
    ask(
      'has',
      Array.from({ length: 1001 }, () => id),
    ),
    RemoteError,
  )
})

test('many blobs asked for at once all arrive', async () => {
  const [left, right] = [await openNode(), await openNode()]
  const ids = await Promise.all(
    Array.from({ length: 200 }, (_, i) => store(right, randomBytes(1 + i * 50))),
  )
  await using _pair = await join(left, right)
  await Promise.all(ids.map((id) => left.exchange.want(id)))
  assert.equal(left.exchange.counters.fetched, 200)
})

test('nonsense in a want stream is ignored', async () => {
  const node = await openNode()
  const id = blobIdOf(randomBytes(32))
  const nonsense = [
    [],
    'x',
    1,
    null,
    { [id]: 'x' },
    { [id]: 0.5 },
    { x: -1 },
    { [id]: -1e300 },
    { __proto__: -1 },
  ]
  const methods: Methods = {
    'blobs.createWants': {
      type: 'source',
      allow: () => true,
      async *handle() {
        for (const value of nonsense) yield jsonBody(value as Json)
        yield { type: 'bytes', bytes: Buffer.from('{') }
        yield { type: 'json', bytes: Buffer.from('{"half":') }
        yield jsonBody({ [id]: -1 })
      },
    },
  }
  await using pair = await connectPair({ client: node.exchange.methods, server: methods })
  node.exchange.attach(pair.client)
  await until(() => node.exchange.wants().length > 0)
  assert.deepEqual(node.exchange.wants(), [{ id, hops: -2 }])
})
