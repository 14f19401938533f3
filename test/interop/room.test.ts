/** Tunnels through the first room server (ssb-room; Rooms 2, "Tunneled connection") between our node and the JavaScript stack. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, follow, keyOf, openOurs, whyWithout, type Ours, writing } from './ours.ts'
import { startPeer, type PeerProcess } from './peer-process.ts'

const skip = whyWithout('stack', 'room')

test(
  'we enter a room, see who is in it and reach a peer of the JavaScript stack through it',
  { skip },
  async () => {
    await using room = await startPeer('room-peer.cjs')
    await using ours = await openOurs()
    await using peer = await startPeer('stack-peer.cjs')
    await peer.do('connect', { address: addressOf(room), type: 'room' })
    assert.deepEqual(await ours.act('room-join', { link: addressOf(room) }), {
      room: room.feed,
      name: 'testroom',
      member: false,
    })
    await ours.until('the peer is seen in the room', async () => {
      const [inside] = (await ours.act('rooms', {})) as readonly { attendants: readonly string[] }[]
      return inside?.attendants.includes(peer.feed) ?? false
    })
    await befriend(ours, peer)
    await ours.act('connect', { address: tunnel(room.feed, peer.feed) })
    await replicated(ours, peer)
    assert.equal(ours.peer(peer.feed)?.address, `tunnel:${room.feed}:${peer.feed}`)
  },
)

test('a peer of the JavaScript stack reaches us through a room', { skip }, async () => {
  await using room = await startPeer('room-peer.cjs')
  await using ours = await openOurs()
  await using peer = await startPeer('stack-peer.cjs')
  await ours.act('room-join', { link: addressOf(room) })
  await peer.do('connect', { address: addressOf(room), type: 'room' })
  await befriend(ours, peer)
  await peer.do('connect', { address: tunnel(room.feed, ours.id) })
  await replicated(ours, peer)
  assert.equal(ours.peer(peer.feed)?.via, 'tunnel')
})

test('we reach whom we follow through a room by ourselves', { skip }, async () => {
  await using room = await startPeer('room-peer.cjs')
  await using ours = await openOurs()
  await using peer = await startPeer('stack-peer.cjs')
  await peer.do('connect', { address: addressOf(room), type: 'room' })
  await befriend(ours, peer)
  await ours.act('room-join', { link: addressOf(room) })
  await replicated(ours, peer)
})

async function befriend(ours: Ours, peer: PeerProcess): Promise<void> {
  await peer.do('publish', { content: follow(ours.id) })
  await peer.do('posts', { count: 100, text: 'theirs' })
  await ours.social.follow(peer.feed, true)
  for (let n = 1; n < 100; n++) {
    await ours.social.post(writing(`ours ${n}`))
  }
}

async function replicated(ours: Ours, peer: PeerProcess): Promise<void> {
  await peer.until('sequence', { feed: ours.id }, (sequence) => sequence === 100)
  await ours.until('their feed is here', async () => (await ours.sequence(peer.feed)) === 101)
}

function tunnel(room: string, target: string): string {
  return `tunnel:${room}:${target}~shs:${keyOf(target)}`
}
