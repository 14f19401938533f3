import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '#base/clock.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { meetActions } from '#networks/ssb/meet/actions.ts'
import { addressText, tunnelAddress } from '#networks/ssb/meet/address.ts'
import { openMeet, type Meet, type MeetOptions } from '#networks/ssb/meet/meet.ts'
import type { Methods, Rpc } from '#networks/ssb/wire/rpc.ts'
import { jsonBody } from '#networks/ssb/wire/rpc.ts'
import { tcpCarrier } from '#networks/ssb/wire/tcp.ts'
import { memoryHost } from '#rig/memory-host.ts'
import { startRoomServer, type RoomServer } from '#rig/room-server.ts'

const caps = Buffer.alloc(32, 5)
const clock = systemClock()
const keys = (n: number) => keysOf(Buffer.alloc(32, n))
const id = (n: number): string => keys(n).id
const signal = AbortSignal.timeout(50_000)

const methods: Methods = {
  'test.echo': {
    type: 'async',
    allow: () => true,
    handle: async ([value = null], { rpc }) => ({ value, from: rpc.remote }),
  },
  'test.count': {
    type: 'source',
    allow: () => true,
    handle: async function* ([most]) {
      for (let i = 0; i < Number(most); i++) yield jsonBody({ i, pad: 'x'.repeat(1_000) })
    },
  },
}

async function room(
  version: 1 | 2,
  options: { members?: readonly number[]; invites?: readonly string[] } = {},
): Promise<RoomServer> {
  const carrier = tcpCarrier({ clock, listen: { host: '127.0.0.1', port: 0 } })
  return startRoomServer({
    keys: keys(200),
    caps,
    clock,
    carrier,
    version,
    members: new Set((options.members ?? []).map(id)),
    invites: new Set(options.invites),
  })
}

type Person = Meet & {
  act(name: string, parameters?: Record<string, string>): Promise<Record<string, unknown>>
}

async function person(n: number, options: Partial<MeetOptions> = {}): Promise<Person> {
  const meet = await openMeet({
    keys: keys(n),
    caps,
    clock,
    state: memoryHost().state,
    fetch: globalThis.fetch,
    carriers: [tcpCarrier({ clock })],
    methods,
    authorise: () => 'yes',
    interest: () => 0,
    changed: () => {},
    lan: false,
    network: () => 'test',
    ...options,
  })
  await meet.start()
  const actions = meetActions({
    meet,
    keys: keys(n),
    caps,
    clock,
    fetch: globalThis.fetch,
    accepted: async () => {},
  })
  return Object.assign(meet, {
    act: async (name: string, parameters: Record<string, string> = {}) =>
      (await actions[name]?.run(parameters, signal)) as Record<string, unknown>,
  })
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (what()) return
    await pause(5)
  }
  assert.fail('it did not happen')
}

for (const version of [1, 2] as const) {
  test(`in a room of version ${version} two people see each other, connect through the tunnel and are proven by their own keys`, async () => {
    await using server = await room(version, { members: [1, 2] })
    await using a = await person(1)
    await using b = await person(2)
    await a.connect(server.address, signal)
    await b.connect(server.address, signal)
    await until(() => server.attendants.size === 2)
    assert.equal(a.rooms.get(server.id)?.metadata.version, version)
    assert.equal(a.rooms.get(server.id)?.metadata.name, 'Test room')
    await until(() => a.rooms.get(server.id)?.attendants.has(id(2)) === true)
    assert.equal(
      a.book.get(id(2))?.addresses[0]?.address,
      addressText(tunnelAddress(server.id, id(2))),
    )
    const rpc = await a.connect(tunnelAddress(server.id, id(2)), signal)
    assert.equal(rpc.remote, id(2))
    assert.deepEqual(await rpc.call(['test', 'echo'], ['hello']), { value: 'hello', from: id(1) })
    await until(() => b.connections.get(id(1)) !== undefined)
    assert.equal(b.connections.peers().find((peer) => peer.id === id(1))?.via, 'tunnel')
  })
}

test('much data goes through a tunnel, and its end reaches the other side', async () => {
  await using server = await room(2, { members: [1, 2] })
  await using a = await person(1)
  await using b = await person(2)
  await b.connect(server.address, signal)
  await until(() => server.attendants.has(id(2)))
  await a.connect(server.address, signal)
  const rpc = await a.connect(tunnelAddress(server.id, id(2)), signal)
  let count = 0
  for await (const _ of rpc.source(['test', 'count'], [5_000])) count++
  assert.equal(count, 5_000)
  await a.connections.disconnect(id(2))
  await until(() => b.connections.get(id(1)) === undefined)
})

test('a tunnel address whose room is not connected brings us into the room first', async () => {
  await using server = await room(2, { members: [1, 2] })
  await using a = await person(1)
  await using b = await person(2)
  await b.connect(server.address, signal)
  await until(() => server.attendants.has(id(2)))
  a.book.hear(server.id, server.address, 'room')
  const rpc = await a.connect(addressText(tunnelAddress(server.id, id(2))), signal)
  assert.equal(rpc.remote, id(2))
  await using c = await person(3)
  await assert.rejects(
    c.connect(tunnelAddress(server.id, id(2)), signal),
    /its address is not known/,
  )
})

test('a person who is not there cannot be reached, in clear words', async () => {
  await using server = await room(2, { members: [1] })
  await using a = await person(1)
  await a.connect(server.address, signal)
  await a.rooms.settled(server.id, signal)
  await assert.rejects(
    a.connect(tunnelAddress(server.id, id(9)), signal),
    /Could not connect to tunnel:/,
  )
})

test('who leaves the room is no longer listed, and when we leave nobody of it is', async () => {
  await using server = await room(2, { members: [1, 2, 3] })
  await using a = await person(1)
  await using b = await person(2)
  await using c = await person(3)
  for (const one of [a, b, c]) await one.connect(server.address, signal)
  await until(() => a.rooms.get(server.id)?.attendants.size === 3)
  await b.act('disconnect', { peer: server.id })
  await until(() => a.rooms.get(server.id)?.attendants.size === 2)
  assert.equal(a.book.get(id(2)), undefined)
  assert.ok(a.book.get(id(3)))
  await a.act('disconnect', { peer: server.id })
  await until(() => a.rooms.all().length === 0)
  assert.equal(a.book.get(id(3)), undefined)
})

test('somebody we follow is met by himself as soon as he is in the room', async () => {
  await using server = await room(2, { members: [1, 2] })
  await using a = await person(1, { interest: (peer) => (peer === id(2) ? 1 : 0) })
  await using b = await person(2)
  await a.connect(server.address, signal)
  await b.connect(server.address, signal)
  await until(() => a.connections.get(id(2)) !== undefined)
})

test('only a room that we are in may bring us tunnels, and only to us', async () => {
  await using server = await room(2, { members: [1, 2] })
  await using a = await person(1)
  await a.connect(server.address, signal)
  await until(() => server.attendants.has(id(1)))
  const through = (rpc: Rpc | undefined, target: string) => {
    const channel = rpc?.duplex(
      ['tunnel', 'connect'],
      [{ portal: server.id, target, origin: id(2) }],
    )
    return (async () => {
      for await (const _ of channel?.source ?? []) assert.fail('it answered')
    })()
  }
  await assert.rejects(through(server.connections.get(id(1)), id(9)), /could not connect/)
  await using b = await person(2, {
    carriers: [tcpCarrier({ clock, listen: { host: '127.0.0.1', port: 0 } })],
  })
  await a.connect(`${b.connections.addresses()[0]}~shs:${id(2).slice(1, -8)}`, signal)
  await until(() => b.connections.get(id(1)) !== undefined)
  await assert.rejects(through(b.connections.get(id(1)), id(1)), /allowed/)
})

test('a web invite makes us a member and brings us in; used again it is refused in the room’s words', async () => {
  await using server = await room(2, { invites: ['abc', 'def'] })
  await using a = await person(1)
  assert.deepEqual(await a.act('room-join', { link: `${server.web}/join?invite=abc` }), {
    room: server.id,
    name: 'Test room',
    member: true,
  })
  assert.ok(server.members.has(id(1)))
  await using b = await person(2)
  await assert.rejects(
    b.act('invite-accept', { code: `${server.web}/join?invite=abc` }),
    /refused: the invite was already used/,
  )
  const uri = `ssb:experimental?action=claim-http-invite&invite=def&postTo=${encodeURIComponent(`${server.web}/invite/consume`)}`
  assert.equal((await b.act('room-join', { link: uri }))['member'], true)
})

test('an alias is registered, leads others to its owner, and is given back', async () => {
  await using server = await room(2, { members: [1, 2] })
  await using a = await person(1)
  await using b = await person(2)
  await a.connect(server.address, signal)
  await a.rooms.settled(server.id, signal)
  await until(() => server.attendants.has(id(1)))
  assert.deepEqual(await a.act('alias-register', { room: server.id, alias: 'anna' }), {
    alias: 'anna',
    url: `${server.web}/anna`,
  })
  await assert.rejects(
    a.act('alias-register', { room: server.id, alias: '-no-' }),
    /letters, digits and hyphens/,
  )
  assert.deepEqual(await b.act('alias', { link: `${server.web}/anna` }), {
    person: id(1),
    alias: 'anna',
    room: server.id,
  })
  await a.act('alias-revoke', { room: server.id, alias: 'anna' })
  await assert.rejects(b.act('alias', { link: `${server.web}/anna` }), /no such alias/)
})

test('an alias that its owner did not sign is not followed', async () => {
  await using server = await room(2, { members: [1, 2] })
  await using b = await person(2)
  server.aliases.set('anna', { user: id(1), signature: Buffer.alloc(64, 1).toString('base64') })
  await assert.rejects(b.act('alias', { link: `${server.web}/anna` }), /not signed by the person/)
})

test('a sign-in that the person began is solved once; one that nobody asked for is not', async () => {
  await using server = await room(2, { members: [1] })
  await using a = await person(1)
  await a.connect(server.address, signal)
  await a.rooms.settled(server.id, signal)
  const { url } = await a.act('sign-in', { room: server.id })
  const page = new URL(String(url))
  assert.equal(page.searchParams.get('cid'), id(1))
  const cc = page.searchParams.get('cc') ?? ''
  const sc = Buffer.alloc(32, 9).toString('base64')
  await assert.rejects(
    server.signIn(id(1), sc, Buffer.alloc(32, 8).toString('base64')),
    /not asked for/,
  )
  assert.equal(await server.signIn(id(1), sc, cc), true)
  await assert.rejects(server.signIn(id(1), sc, cc), /not asked for/)
})

test('a sign-in that the room’s page asked for is answered when the person says so', async () => {
  await using server = await room(2, { members: [1] })
  await using a = await person(1)
  const sc = Buffer.alloc(32, 251).toString('base64')
  const query = new URLSearchParams({
    action: 'start-http-auth',
    sid: server.id,
    sc,
    multiserverAddress: server.address,
  })
  assert.deepEqual(
    await a.act('sign-in-answer', { link: `ssb:experimental?${query.toString()}` }),
    { signedIn: true },
  )
  assert.ok(server.signedIn.has(sc))
  await a.act('sign-out', { room: server.id })
  assert.equal(server.signedIn.size, 0)
})

test('in a room where we are no member nobody is signed in', async () => {
  await using server = await room(2, {})
  await using a = await person(1)
  await a.connect(server.address, signal)
  await a.rooms.settled(server.id, signal)
  await assert.rejects(a.act('sign-in', { room: server.id }), /not a member/)
  await assert.rejects(
    server.signIn(id(1), Buffer.alloc(32).toString('base64'), Buffer.alloc(32).toString('base64')),
    /allowed/,
  )
})
