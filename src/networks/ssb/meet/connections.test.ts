import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { keysOf, type SsbKeys } from '#networks/ssb/identity.ts'
import { netAddress } from '#networks/ssb/meet/address.ts'
import {
  openConnections,
  type ConnectionEvent,
  type Connections,
  type ConnectionsOptions,
} from '#networks/ssb/meet/connections.ts'
import {
  BlockedPeerError,
  ConnectError,
  TooManyConnectionsError,
} from '#networks/ssb/meet/errors.ts'
import { memoryNetwork, pipePair, type MemoryNetwork } from '#rig/memory-network.ts'
import { virtualClock, type VirtualClock } from '#rig/virtual-clock.ts'

const caps = Buffer.alloc(32, 5)
const signal = new AbortController().signal

type Side = Connections & {
  readonly keys: SsbKeys
  readonly host: string
  readonly events: ConnectionEvent[]
}

async function open(
  net: MemoryNetwork,
  clock: VirtualClock,
  n: number,
  options: Partial<ConnectionsOptions> = {},
): Promise<Side> {
  const keys = keysOf(Buffer.alloc(32, n))
  const host = `host${n}`
  const connections = openConnections({
    keys,
    caps,
    carriers: [net.carrier(host)],
    methods: {},
    clock,
    authorise: () => 'yes',
    ...options,
  })
  const events: ConnectionEvent[] = []
  connections.on((event) => events.push(event))
  await connections.listen()
  return Object.assign(connections, { keys, host, events })
}

function at(side: Side) {
  return netAddress(side.host, 1, side.keys.id)
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (what()) return
    await turn()
  }
  assert.fail('it did not happen')
}

test('a dial gives a connection that both sides see, and a second dial gives the same', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1)
  await using b = await open(net, clock, 2)
  const rpc = await a.dial(at(b), signal)
  assert.equal(rpc.remote, b.keys.id)
  await until(() => b.get(a.keys.id) !== undefined)
  assert.equal(await a.dial(at(b), signal), rpc)
  assert.deepEqual(
    a.peers().map(({ id, state, via }) => ({ id, state, via })),
    [{ id: b.keys.id, state: 'connected', via: 'net' }],
  )
  assert.deepEqual(a.count(), { total: 1, incoming: 0, dialling: 0 })
  assert.deepEqual(b.count(), { total: 1, incoming: 1, dialling: 0 })
  await a.disconnect(b.keys.id)
  await until(() => b.get(a.keys.id) === undefined)
  assert.deepEqual(
    a.events.map(({ type }) => type),
    ['connected', 'disconnected'],
  )
})

test('two dials at once to the same peer share one connection', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1)
  await using b = await open(net, clock, 2)
  const [one, other] = await Promise.all([a.dial(at(b), signal), a.dial(at(b), signal)])
  assert.equal(one, other)
  assert.equal(net.dials.length, 1)
})

test('when both dial at once, both keep the connection that the smaller id dialled', async () => {
  for (const [m, n] of [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ] as const) {
    const [net, clock] = [memoryNetwork(), virtualClock()]
    await using a = await open(net, clock, m)
    await using b = await open(net, clock, n)
    await Promise.all([a.dial(at(b), signal), b.dial(at(a), signal)])
    await until(() => a.counters.duplicates + b.counters.duplicates >= 2)
    await turn()
    const smaller = a.keys.id < b.keys.id ? a : b
    const larger = smaller === a ? b : a
    await until(
      () =>
        smaller.get(larger.keys.id)?.outgoing === true &&
        larger.get(smaller.keys.id)?.outgoing === false,
    )
    assert.equal(a.count().total, 1)
    assert.equal(b.count().total, 1)
  }
})

test('a peer that dials again long after has lost the old connection: the new one takes its place', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1)
  const old = await open(net, clock, 2)
  await old.dial(at(a), signal)
  await until(() => a.get(old.keys.id) !== undefined)
  const first = a.get(old.keys.id)
  net.killLines()
  await clock.advance(20_000)
  await using again = await open(net, clock, 2)
  await again.dial(at(a), signal)
  await until(() => a.get(old.keys.id) !== first)
  assert.equal(a.count().total, 1)
  const closing = old[Symbol.asyncDispose]()
  await clock.advance(5_000)
  await closing
})

test('a blocked peer is neither dialled nor let in', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  const blocked = keysOf(Buffer.alloc(32, 2)).id
  await using a = await open(net, clock, 1, {
    authorise: (peer) => (peer === blocked ? 'you block this peer' : 'yes'),
  })
  await using b = await open(net, clock, 2)
  await assert.rejects(a.dial(at(b), signal), BlockedPeerError)
  await b.dial(at(a), signal).then(
    (rpc) => rpc.closed,
    (error: unknown) => assert.ok(error instanceof ConnectError),
  )
  await until(() => a.counters.handshakesFailed === 1)
  assert.equal(a.count().total, 0)
})

test('a dial that fails says where and why', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1)
  const nobody = netAddress('nowhere', 1, keysOf(Buffer.alloc(32, 9)).id)
  await assert.rejects(
    a.dial(nobody, signal),
    /Could not connect to net:nowhere:1~shs:.*nothing listens there/,
  )
  assert.equal(a.count().dialling, 0)
})

test('a dial that hangs is given up after a while, and an aborted one at once', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1)
  await using b = await open(net, clock, 2)
  net.mute.add(b.host)
  const hanging = assert.rejects(a.dial(at(b), signal), /no answer within 30 s/)
  await clock.advance(30_000)
  await hanging
  const own = new AbortController()
  const aborted = assert.rejects(a.dial(at(b), own.signal), /enough/)
  own.abort(new Error('enough'))
  await aborted
})

test('a peer with another key than the address says is refused', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1)
  await using b = await open(net, clock, 2)
  const wrong = netAddress(b.host, 1, keysOf(Buffer.alloc(32, 3)).id)
  await assert.rejects(a.dial(wrong, signal), ConnectError)
})

test('incoming connections are bounded in all and for each host', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1, { limits: { incoming: 2 } })
  const others = await Promise.all([2, 3, 4].map((n) => open(net, clock, n)))
  await using stack = new AsyncDisposableStack()
  for (const other of others) stack.use(other)
  const dials = await Promise.allSettled(others.map((other) => other.dial(at(a), signal)))
  await until(() => a.count().total === 2)
  assert.equal(a.counters.refused, 1)
  assert.equal(dials.filter(({ status }) => status === 'rejected').length, 1)
})

test('a place is free again once its connection ended', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1, { limits: { perHost: 1 } })
  await using b = await open(net, clock, 2)
  for (let i = 0; i < 3; i++) {
    await b.dial(at(a), signal)
    await until(() => a.count().total === 1)
    await b.disconnect(a.keys.id)
    await until(() => a.count().total === 0)
  }
  assert.equal(a.counters.refused, 0)
})

test('the limit of all connections holds for dials, except where a person asks', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1, { limits: { total: 1 } })
  await using b = await open(net, clock, 2)
  await using c = await open(net, clock, 3)
  await a.dial(at(b), signal)
  await assert.rejects(a.dial(at(c), signal), TooManyConnectionsError)
  await a.dial(at(c), signal, { asked: true })
  assert.equal(a.count().total, 2)
})

test('who is blocked while connected is put out', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  const blocked = new Set<string>()
  await using a = await open(net, clock, 1, {
    authorise: (peer) => (blocked.has(peer) ? 'you block this peer' : 'yes'),
  })
  await using b = await open(net, clock, 2)
  await using c = await open(net, clock, 3)
  await b.dial(at(a), signal)
  await c.dial(at(a), signal)
  await until(() => a.count().total === 2)
  blocked.add(b.keys.id)
  a.enforce()
  await until(() => b.count().total === 0)
  assert.equal(a.get(b.keys.id), undefined)
  assert.ok(a.get(c.keys.id))
})

test('peers that stall in the handshake are bounded and given up, and others come in again', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1, { limits: { handshakes: 4 } })
  await using b = await open(net, clock, 2)
  const stalled = Array.from({ length: 6 }, (_, i) => pipePair({ dead: false }, `net:h${i}:1`))
  for (const [near] of stalled) a.take(near, 'net')
  assert.equal(a.counters.refused, 2)
  await b.dial(at(a), signal).catch(() => {})
  assert.equal(a.count().total, 0)
  await clock.advance(30_000)
  await until(() => a.counters.handshakesFailed === 4)
  await b.dial(at(a), signal)
  await until(() => a.count().total === 1)
})

test('another address is tried when the one being dialled for the same peer fails', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1)
  await using b = await open(net, clock, 2)
  net.mute.add('elsewhere')
  const dead = a.dial(netAddress('elsewhere', 1, b.keys.id), signal)
  const good = a.dial(at(b), signal)
  const failed = assert.rejects(dead, ConnectError)
  await clock.advance(30_000)
  await failed
  assert.equal((await good).remote, b.keys.id)
})

test('a node does not dial itself', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1)
  await assert.rejects(a.dial(at(a), signal), /this node itself/)
})

test('closing leaves no timer and no connection', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  const a = await open(net, clock, 1)
  const b = await open(net, clock, 2)
  await a.dial(at(b), signal)
  await until(() => b.count().total === 1)
  await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()])
  assert.equal(clock.pending, 0)
  assert.equal(a.count().total + b.count().total, 0)
  await assert.rejects(a.dial(at(b), signal), ConnectError)
})
