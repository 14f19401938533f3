/** A whole node against peers that mean it ill. After each attack an honest peer beside it is still heard within seconds. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Socket } from 'node:net'
import type { Json } from '#base/json.ts'
import type { ContentObject } from '#networks/ssb/feed/message.ts'
import { blobIdOf } from '#networks/ssb/refs.ts'
import { bodyOf, continued, feedOf, forged, keysOf, posts } from '#rig/signed-feeds.ts'
import { END, STREAM } from '#networks/ssb/wire/frame.ts'
import {
  jsonBody,
  type Body,
  type Channel,
  type Methods,
  type Rpc,
} from '#networks/ssb/wire/rpc.ts'
import { openBattlefield, type Battlefield } from './battlefield.ts'
import { closing, dialFrom, frameOf, lyingEnemy, rawEnemy } from './enemy.ts'
import { until } from './until.ts'

const JSON_BODY = 2
const MIB = 1024 * 1024
const CHANGES = JSON.stringify({ name: ['blobs', 'changes'], args: [], type: 'source' })
/** The feeds of which forks, forgeries and lies are told. */
const forkedKeys = keysOf(1001)
const forgedKeys = keysOf(1002)
const idle = Array.from({ length: 20 }, (_, index) => keysOf(2000 + index).id)

let field: Battlefield
let hosts = 10
/** Every attack comes from a host of its own. */
const nextHost = (): string => `127.0.1.${++hosts}`

before(async () => {
  field = await openBattlefield([forkedKeys.id, forgedKeys.id, ...idle])
})
after(() => field[Symbol.asyncDispose]())

test('garbage in the form of messages is counted, its sender turned away and refused when it comes back', async () => {
  const from = nextHost()
  const enemy = await lyingEnemy(from, field.address, 'garbage')
  const channel = replicate(enemy)
  for (let count = 0; count < 1_000; count++) {
    const said = `{"previous":null,"sequence":${count},"author":"nobody","content":{}}`
    await channel.write(jsonText(said)).catch(() => undefined)
  }
  await within(enemy.closed)
  await assert.rejects(lyingEnemy(from, field.address, 'garbage'))
  const grown = await field.holds()
  assert.ok((grown['invalid'] ?? 0) >= 16)
  assert.equal(grown['turnedAway'], 1)
})

test('a flood of valid messages that nobody asked for ends with its sender turned away', async () => {
  const from = nextHost()
  const bodies = feedOf(keysOf(3000), posts(100)).map(bodyOf)
  await until(
    'it is refused',
    async () => {
      try {
        await flood(await lyingEnemy(from, field.address, 'flood'), bodies)
        return false
      } catch {
        return true
      }
    },
    60_000,
  )
  const grown = await field.holds()
  assert.ok((grown['unwanted'] ?? 0) >= 5_000)
  assert.equal(grown['turnedAway'], 1)
})

test('calls of methods that do not exist are refused one by one, and in the end their caller', async () => {
  const from = nextHost()
  const call = '{"name":["no","such","method"],"args":[],"type":"async"}'
  let calls = 0
  await until(
    'it is refused',
    async () => {
      try {
        const enemy = await rawEnemy(from, field.address, 'caller')
        for (let number = 1; number < 50_000 && !enemy.socket.destroyed; number += 500) {
          await enemy.raw(
            Buffer.concat(
              Array.from({ length: 500 }, (_, at) => frameOf(JSON_BODY, number + at, call)),
            ),
          )
          calls += 500
        }
        enemy.socket.destroy()
        return false
      } catch {
        return true
      }
    },
    60_000,
  )
  const grown = await field.holds()
  assert.ok(calls >= 16 * 4_000)
  assert.equal(grown['turnedAway'], 1)
})

test('10,000 streams end the connection, and those that may be open cost little', async () => {
  const enemy = await rawEnemy(nextHost(), field.address, 'streams')
  for (let number = 1; number <= 10_000; number++) {
    const args = [{ id: field.own, live: true, seq: 1_000_000 }]
    const name = number % 2 === 0 ? ['createHistoryStream'] : ['blobs', 'changes']
    await enemy.send(STREAM | JSON_BODY, number, JSON.stringify({ name, args, type: 'source' }))
  }
  await within(enemy.closed)
  await field.holds()
  const modest = await rawEnemy(nextHost(), field.address, 'modest')
  for (let number = 1; number <= 2_000; number++)
    await modest.send(STREAM | JSON_BODY, number, CHANGES)
  await field.holds()
  for (let number = 1; number <= 2_000; number++)
    await modest.send(STREAM | END | JSON_BODY, number, 'true')
  await field.holds()
  assert.equal(modest.socket.destroyed, false)
  modest.socket.destroy()
})

test('JSON up to the limit is read, beyond it the connection ends, and at last its sender is refused', async () => {
  const from = nextHost()
  const reader = await rawEnemy(from, field.address, 'reader')
  for (let number = 1; number <= 30; number++)
    await reader.send(JSON_BODY, number, callOf('x'.repeat(MIB - 100)))
  await reader.send(
    STREAM | JSON_BODY,
    40,
    '{"name":["ebt","replicate"],"args":[{"version":3}],"type":"duplex"}',
  )
  const clock = `{"${'k'.repeat(MIB - 20)}":2}`
  for (let count = 0; count < 30; count++) await reader.send(STREAM | JSON_BODY, 40, clock)
  await field.holds()
  assert.equal(reader.socket.destroyed, false)
  reader.socket.destroy()
  await until('it is refused', async () => {
    try {
      const enemy = await rawEnemy(from, field.address, 'giant')
      await enemy.send(JSON_BODY, 1, callOf('x'.repeat(MIB)))
      await within(enemy.closed)
      return false
    } catch {
      return true
    }
  })
  const grown = await field.holds()
  assert.equal(grown['misbehaved'], 16)
  assert.equal(grown['turnedAway'], 1)
})

test('JSON nested half a million deep is an answer like any other', async () => {
  const deep = '['.repeat(500_000) + ']'.repeat(500_000)
  const objects = '{"a":'.repeat(150_000) + '1' + '}'.repeat(150_000)
  const methods: Methods = {
    'blobs.createWants': {
      type: 'source',
      allow: () => true,
      async *handle() {
        yield jsonText(deep)
        yield jsonText(objects)
      },
    },
    createHistoryStream: {
      type: 'source',
      allow: () => true,
      async *handle() {
        yield jsonText(`{"key":"x","value":${deep}}`)
      },
    },
  }
  const enemy = await lyingEnemy(nextHost(), field.address, 'deep', methods)
  const calls = [deep, objects].flatMap((value) => [
    enemy.call(['blobs', 'has'], [JSON.parse(value) as Json]),
    enemy.call(['tunnel', 'connect'], [JSON.parse(value) as Json]),
  ])
  for (const result of await Promise.allSettled(calls)) assert.equal(result.status, 'rejected')
  const channel = replicate(enemy)
  await channel.write(jsonText(deep))
  await channel.write(jsonText(`{"clock":${objects}}`))
  await channel.write(jsonText(`{"previous":null,"content":${objects}}`))
  await channel.write(jsonText(`{"previous":null,"content":{"type":"post","x":${deep}}}`))
  await field.holds()
  await enemy.close()
})

test('connections that stall in the handshake or in a frame do not keep others out', async () => {
  const from = nextHost()
  const sockets = await Promise.all(Array.from({ length: 40 }, () => dialFrom(from, field.address)))
  for (const socket of sockets) socket.write(Buffer.alloc(30))
  const other = nextHost()
  const enemies = await Promise.all(
    Array.from({ length: 10 }, (_, index) => rawEnemy(other, field.address, `stall ${index}`)),
  )
  // The header says a mebibyte, and half of it comes.
  for (const enemy of enemies)
    await enemy.raw(frameOf(JSON_BODY, 1, Buffer.alloc(MIB)).subarray(0, MIB / 2))
  const guest = await within(lyingEnemy(nextHost(), field.address, 'guest'), 5_000)
  await guest.close()
  const grown = await field.holds()
  for (const socket of [...sockets, ...enemies.map((enemy) => enemy.socket)]) socket.destroy()
  assert.equal(grown['connections refused'], 24, 'one host may have 16 connections')
})

test('1,000 connections that break off in the middle leave nothing behind', async () => {
  const from = nextHost()
  for (let count = 0; count < 250; count++) {
    await hangUp(await dialFrom(from, field.address), Buffer.alloc(0))
    await hangUp(await dialFrom(from, field.address), Buffer.alloc(40, count))
    const header = await within(rawEnemy(from, field.address, `half ${count % 7}`))
    await header.raw(Buffer.alloc(5, 2))
    await hangUp(header.socket, Buffer.alloc(20))
    const body = await within(rawEnemy(from, field.address, `half ${count % 7}`))
    await body.raw(frameOf(JSON_BODY, 1, 'half').subarray(0, 11))
    await hangUp(body.socket, Buffer.alloc(0))
  }
  await until('all are gone', async () => (await field.ask()).peers.length === 1)
  const grown = await field.holds()
  assert.ok((grown['connections handshakesFailed'] ?? 0) >= 300)
})

test('clocks of a million feeds are bounded, and one who sends nonsense is turned away', async () => {
  const from = nextHost()
  const many = await lyingEnemy(from, field.address, 'million')
  const channel = replicate(many)
  for (let part = 0; part < 64; part++) {
    // The node may end the stream before the last of them.
    await channel.write(jsonText(clockOf(part * 16_000, 16_000))).catch(() => undefined)
  }
  await field.holds()
  await many.close()
  const enemy = await lyingEnemy(from, field.address, 'nonsense')
  const nonsense = replicate(enemy)
  for (const value of ['-5', '1.5', '1e300', '"9"', 'null', '[]', 'true', '2147483648']) {
    for (let count = 0; count < 2; count++) {
      await nonsense.write(jsonText(`{"${field.own}":${value}}`)).catch(() => undefined)
    }
  }
  await within(enemy.closed)
  await assert.rejects(lyingEnemy(from, field.address, 'nonsense'))
  const grown = await field.holds()
  assert.equal(grown['turnedAway'], 1)
})

test('a peer that claims a thousand million messages of every feed does not keep others from bringing them', async () => {
  const enemy = await lyingEnemy(nextHost(), field.address, 'claims')
  const channel = replicate(enemy)
  const feeds = [field.honest.id, forkedKeys.id, forgedKeys.id, ...idle, field.own]
  await channel.write(jsonBody(Object.fromEntries(feeds.map((feed) => [feed, 1e9]))))
  await until('it is believed', async () => (await field.ask()).readOnly !== undefined)
  const { posted, readOnly } = await field.ask({ post: 'Written although somebody lies.' })
  assert.equal(posted, 'retry', 'a post waits on disk')
  assert.match(readOnly ?? '', /A peer knows message 500000000 of this identity/)
  // It said so first, and for some seconds it is waited for; then the honest peer is asked.
  await field.teach(feedOf(forkedKeys, posts(4)).map(({ message }) => message))
  await until('the feed came from the honest peer', () => hasAll(forkedKeys.id, 4), 30_000)
  await field.holds()
  await enemy.close()
})

test('a fork of a feed is refused, and its true branch goes on', async () => {
  const all = feedOf(forkedKeys, posts(10))
  await field.teach(all.slice(0, 5).map(({ message }) => message))
  await until('the feed is here', () => hasAll(forkedKeys.id, 5), 30_000)
  const enemy = await lyingEnemy(nextHost(), field.address, 'fork')
  const channel = replicate(enemy)
  const { id, sequence, timestamp } = at(all, 3).message
  const branch = continued(forkedKeys, { id, sequence, timestamp }, posts(8).map(other))
  await channel.write(jsonBody({ [forkedKeys.id]: 12 * 2 }))
  for (const message of branch) await channel.write(bodyOf(message))
  await until('it is refused', async () => ((await field.ask()).counters['fork'] ?? 0) > 0)
  await field.teach(all.map(({ message }) => message))
  await until('the true branch is here', () => hasAll(forkedKeys.id, 10), 10_000)
  await field.holds()
  await enemy.close()
})

test('a forged message in a valid chain is cut out and had from somebody else', async () => {
  const all = feedOf(forgedKeys, posts(40))
  const enemy = await lyingEnemy(nextHost(), field.address, 'forger')
  const channel = replicate(enemy)
  await channel.write(jsonBody({ [forgedKeys.id]: 40 * 2 }))
  for (const [index, message] of all.entries()) {
    // U+0141 has the low byte of "A": the id stays what it was.
    await channel.write(index === 19 ? forged(message, 'AB', '\u0141B') : bodyOf(message))
  }
  await until('the forgery is found', async () => ((await field.ask()).counters['forged'] ?? 0) > 0)
  assert.ok(((await field.ask({ feed: forgedKeys.id })).checked ?? 0) < 20)
  await field.teach(all.map(({ message }) => message))
  await until('all of it is here', () => hasAll(forgedKeys.id, 40), 10_000)
  const grown = await field.holds()
  assert.equal(grown['forged'], 1)
  await enemy.close()
})

test('blobs that are promised and not served, wrong or without end do not stop a good one', async () => {
  const good = Buffer.alloc(100_000, 'good')
  await field.lend(good)
  const names = ['never', 'wrong', 'endless'].map((name) => blobName(Buffer.from(name)))
  for (const want of names) await field.ask({ want })
  const enemy = await lyingEnemy(
    nextHost(),
    field.address,
    'blobs',
    blobLies([...names, blobName(good)]),
  )
  await until(
    'it is asked for them',
    async () => ((await field.ask()).counters['blobs lied'] ?? 0) >= 2,
  )
  assert.equal((await field.ask({ want: blobName(good), wait: 5_000 })).came, true)
  for (const want of names) assert.equal((await field.ask({ want })).came, false)
  await field.holds()
  await enemy.close()
})

/** Says that it has these blobs; serves nothing, wrong bytes, or bytes without end. */
function blobLies(names: readonly string[]): Methods {
  const allow = (): boolean => true
  return {
    'blobs.createWants': {
      type: 'source',
      allow,
      async *handle(_args, { signal }) {
        while (!signal.aborted) {
          yield jsonBody(Object.fromEntries(names.map((name) => [name, 3 * MIB])))
          await pause(50)
        }
      },
    },
    'blobs.get': {
      type: 'source',
      allow,
      async *handle([wish], { signal }) {
        const name = (wish as { readonly key?: string }).key
        if (name === names[0]) await once(signal, 'abort')
        do yield { type: 'bytes', bytes: Buffer.alloc(60_000, 1) }
        while (name === names[2] && !signal.aborted)
      },
    },
  }
}

function blobName(bytes: Uint8Array): string {
  return blobIdOf(createHash('sha256').update(bytes).digest())
}

function callOf(argument: string): string {
  return JSON.stringify({ name: ['blobs', 'has'], args: [argument], type: 'async' })
}

/** `count` made-up feeds, each with one message. */
function clockOf(from: number, count: number): string {
  const key = Buffer.alloc(32)
  const entries = Array.from({ length: count }, (_, index) => {
    key.writeUInt32BE(from + index)
    return `"@${key.toString('base64')}.ed25519":2`
  })
  return `{${entries.join(',')}}`
}

async function hasAll(feed: string, sequence: number): Promise<boolean> {
  return ((await field.ask({ feed })).checked ?? 0) >= sequence
}

function other(content: ContentObject): ContentObject {
  return { ...content, text: 'another branch' }
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`nothing at ${index}`)
  return item
}

async function hangUp(socket: Socket, last: Uint8Array): Promise<void> {
  socket.write(last)
  socket.resetAndDestroy()
  await closing(socket)
}

/** Begins to replicate; what the node says is read and forgotten. */
function replicate(rpc: Rpc): Channel {
  const channel = rpc.duplex(['ebt', 'replicate'], [{ version: 3, format: 'classic' }])
  const listen = async (): Promise<void> => {
    for await (const _ of channel.source) continue
  }
  void listen().catch(() => undefined)
  return channel
}

function jsonText(value: string): Body {
  return { type: 'json', bytes: Buffer.from(value) }
}

/** Sends the bodies round and round until the stream is ended. */
async function flood(rpc: Rpc, bodies: readonly Body[]): Promise<void> {
  try {
    const channel = replicate(rpc)
    for (;;) await channel.writeMany(bodies)
  } catch {
    // The node has had enough.
  } finally {
    await rpc.close()
  }
}

async function within<T>(work: Promise<T>, limit = 10_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${limit} ms`)), limit)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
