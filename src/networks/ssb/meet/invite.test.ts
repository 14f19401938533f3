import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { isObject } from '#base/json.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { openConnections, type Connections } from '#networks/ssb/meet/connections.ts'
import { BadAddressError } from '#networks/ssb/meet/errors.ts'
import {
  InviteRefusedError,
  InviteUnreachableError,
  readInvite,
  redeemInvite,
  type Invite,
} from '#networks/ssb/meet/invite.ts'
import { tcpCarrier } from '#networks/ssb/wire/tcp.ts'

const caps = Buffer.alloc(32, 5)
const clock = systemClock()
const pub = keysOf(Buffer.alloc(32, 1))
const guest = keysOf(Buffer.alloc(32, 2))
const self = keysOf(Buffer.alloc(32, 3)).id
const seed = Buffer.alloc(32, 2)
const key = pub.id.slice(1, -8)
const signal = AbortSignal.timeout(30_000)
const carriers = [tcpCarrier({ clock })]

class Said extends MetaLifeError {}

/** A pub that knows one seed; it answers as ssb-invite does. */
async function openPub(
  use: (feed: string) => void,
): Promise<{ readonly pub: Connections; readonly port: number }> {
  const connections = openConnections({
    keys: pub,
    caps,
    clock,
    carriers: [tcpCarrier({ clock, listen: { host: '127.0.0.1', port: 0 } })],
    authorise: () => 'yes',
    methods: {
      'invite.use': {
        type: 'async',
        allow: (remote) => remote === guest.id,
        handle: async ([wish]) => {
          use(isObject(wish) && typeof wish['feed'] === 'string' ? wish['feed'] : '')
          return { key: '%', value: {} }
        },
      },
    },
  })
  await connections.listen()
  return { pub: connections, port: Number(connections.addresses()[0]?.split(':').at(-1)) }
}

function invite(port: number, which: Uint8Array = seed): Invite {
  return (
    readInvite(`127.0.0.1:${port}:${pub.id}~${Buffer.from(which).toString('base64')}`) ??
    assert.fail()
  )
}

test('both forms of a code are read, however they were pasted', () => {
  const expected = { kind: 'pub', pub: pub.id, seed }
  for (const code of [
    `pub.example:8008:${pub.id}~${seed.toString('base64')}`,
    ` "pub.example:8008:${pub.id}~${seed.toString('base64')}" `,
    `pub.example:8008:${pub.id}~${seed.toString('base64')}#https://pub.example`,
    `net:pub.example:8008~shs:${key}:${seed.toString('base64')}`,
    `net:pub.example:8008~shs:${key}:${seed.toString('base64')};ws://pub.example:8989~shs:${key}:${seed.toString('base64')}`,
  ]) {
    const { addresses, ...read } = readInvite(code) ?? assert.fail(code)
    assert.deepEqual({ ...read, seed: Buffer.from(read.seed) }, expected, code)
    assert.deepEqual(addresses[0]?.parts, ['pub.example', '8008'], code)
  }
  assert.deepEqual(
    readInvite(`fd00::7:8008:${pub.id}~${seed.toString('base64')}`)?.addresses[0]?.parts,
    ['fd00::7', '8008'],
  )
})

test('the open invite of a room of version 1 is told apart', () => {
  const code = `net:room.example:8008~shs:${key}:SSB+Room+PSK3TLYC2T86EHQCUHBUHASCASE18JBV24=`
  assert.equal(readInvite(code)?.kind, 'room')
})

test('what is no code is not read', () => {
  for (const text of [
    '',
    'hello',
    pub.id,
    `pub.example:8008:${pub.id}`,
    `net:pub.example:8008~shs:${key}`,
    `pub.example:8008:${pub.id}~short`,
    `:8008:${pub.id}~${seed.toString('base64')}`,
  ]) {
    assert.equal(readInvite(text), undefined, text)
  }
})

test('codes survive the round trip, and any text is read without a throw', () => {
  fc.assert(
    fc.property(
      fc.domain(),
      fc.integer({ min: 1, max: 65_535 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (host, port, bytes) => {
        const read = readInvite(
          `${host}:${port}:${pub.id}~${Buffer.from(bytes).toString('base64')}`,
        )
        assert.deepEqual(read?.addresses[0]?.parts, [host, String(port)])
        assert.deepEqual(Buffer.from(read.seed), Buffer.from(bytes))
      },
    ),
    { seed: 1 },
  )
  const pieces = fc.constantFrom(
    'net:',
    'pub.example',
    ':8008',
    ':',
    '~shs:',
    key,
    '~',
    pub.id,
    seed.toString('base64'),
    ';',
    '#',
    '"',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      (text) => void readInvite(text),
    ),
    { seed: 1, numRuns: 2_000 },
  )
})

test('a redeemed invite names the pub and its address, and the pub heard our real feed', async () => {
  const asked: string[] = []
  const server = await openPub((feed) => asked.push(feed))
  await using _pub = server.pub
  const redeemed = await redeemInvite(invite(server.port), { self, caps, carriers, clock }, signal)
  assert.deepEqual(asked, [self])
  assert.deepEqual(redeemed, {
    pub: pub.id,
    address: `net:127.0.0.1:${server.port}~shs:${key}`,
    before: false,
    named: { host: '127.0.0.1', port: server.port, key: pub.id },
  })
})

test('a pub that follows us already is a success', async () => {
  const server = await openPub(() => {
    throw new Said('already following')
  })
  await using _pub = server.pub
  assert.equal(
    (await redeemInvite(invite(server.port), { self, caps, carriers, clock }, signal)).before,
    true,
  )
})

test('a refusal says why and what to do', async () => {
  for (const [said, shown] of [
    ['invite has expired', /has expired. Ask for a new one/],
    ['invite has been used', /already used. Ask for a new one/],
    ['the moon is full', /did not take the invite: the moon is full/],
  ] as const) {
    const server = await openPub(() => {
      throw new Said(said)
    })
    await using _pub = server.pub
    await assert.rejects(
      redeemInvite(invite(server.port), { self, caps, carriers, clock }, signal),
      (error) => error instanceof InviteRefusedError && shown.test(error.message),
    )
  }
})

test('a code that the pub has forgotten is told from one that cannot be tried', async () => {
  const server = await openPub(() => {})
  await using _pub = server.pub
  const options = { self, caps, carriers, clock }
  await assert.rejects(
    redeemInvite(invite(server.port, Buffer.alloc(32, 99)), options, signal),
    /used up, or has expired/,
  )
  await assert.rejects(redeemInvite(invite(1), options, signal), InviteUnreachableError)
  await assert.rejects(
    redeemInvite(
      { ...invite(1), addresses: [{ transport: 'bt', parts: ['x'], peer: pub.id }] },
      options,
      signal,
    ),
    BadAddressError,
  )
})
