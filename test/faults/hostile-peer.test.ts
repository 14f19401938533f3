/** A whole node against peers that mean it ill. After each attack an honest peer beside it is still heard within seconds. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import type { Message } from '#networks/ssb/feed/message.ts'
import { blobIdOf } from '#networks/ssb/refs.ts'
import { bodyOf, continued, feedOf, forged, keysOf, posts } from '#networks/ssb/replicate/test-feeds.ts'
import { END, STREAM } from '#networks/ssb/wire/frame.ts'
import { jsonBody, type Body, type Channel, type Methods, type Rpc } from '#networks/ssb/wire/rpc.ts'
import { openBattlefield, type Battlefield } from './battlefield.ts'
import { dialFrom, frameOf, lyingEnemy, rawEnemy } from './enemy.ts'
import { until } from './until.ts'

const JSON_BODY = 2
const MIB = 1024 * 1024
/** The feeds of which forks, forgeries and lies are told. */
const forkedKeys = keysOf(1001)
const forgedKeys = keysOf(1002)
const idle = Array.from({ length: 50 }, (_, index) => keysOf(2000 + index).id)

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
    const text = `{"previous":null,"sequence":${count},"author":"nobody","content":{}}`
    await channel.write(text_(text)).catch(() => undefined)
  }
  await within(enemy.closed)
  await assert.rejects(lyingEnemy(from, field.address, 'garbage'))
  const grown = await field.holds()
  assert.ok((grown['invalid'] ?? 0) >= 16)
  assert.equal(grown['turnedAway'], 1)
})

test('a flood of valid messages that nobody asked for ends with its sender turned away', async () => {
  const from = nextHost()
  const bodies = feedOf(keysOf(3000), posts(500)).map(bodyOf)
  await until('it is refused', async () => {
    try {
      await flood(await lyingEnemy(from, field.address, 'flood'), bodies)
      return false
    } catch {
      return true
    }
  }, 60_000)
  const grown = await field.holds()
  assert.ok((grown['unwanted'] ?? 0) >= 5_000)
  assert.equal(grown['turnedAway'], 1)
})

test('calls of methods that do not exist are refused one by one, and in the end their caller', async () => {
  const from = nextHost()
  const call = '{"name":["no","such","method"],"args":[],"type":"async"}'
  let calls = 0
  await until('it is refused', async () => {
    try {
      const enemy = await rawEnemy(from, field.address, 'caller')
      for (let number = 1; number < 50_000 && !enemy.socket.destroyed; number += 500) {
        await enemy.raw(Buffer.concat(Array.from({ length: 500 }, (_, at) => frameOf(JSON_BODY, number + at, call))))
        calls += 500
      }
      enemy.socket.destroy()
      return false
    } catch {
      return true
    }
  }, 60_000)
  const grown = await field.holds()
  console.log({ calls, grown })
})

test('10,000 open streams are not opened', async () => {
  const enemy = await rawEnemy(nextHost(), field.address, 'streams')
  for (let number = 1; number <= 10_000; number++) {
    const args = [{ id: field.own, live: true, seq: 1_000_000 }]
    const name = number % 2 === 0 ? ['createHistoryStream'] : ['blobs', 'changes']
    await enemy.send(STREAM | JSON_BODY, number, JSON.stringify({ name, args, type: 'source' }))
  }
  await field.holds()
  enemy.socket.destroy()
  await field.holds()
})

function replicate(rpc: Rpc): Channel {
  return rpc.duplex(['ebt', 'replicate'], [{ version: 3, format: 'classic' }])
}

function text_(value: string): Body {
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
