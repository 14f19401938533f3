/** The secret handshake (Scuttlebutt Protocol Guide, "Handshake") between our node and the JavaScript stack. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, keyOf, openOurs, whyWithout } from './ours.ts'
import { startPeer } from './peer-process.ts'

const skip = whyWithout('stack')

test(
  'we dial a peer of the JavaScript stack and both sides know each other',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using peer = await startPeer('stack-peer.cjs')
    assert.deepEqual(await ours.act('connect', { address: addressOf(peer) }), {
      peer: peer.feed,
      address: addressOf(peer).replace(/~.*/, ''),
    })
    assert.equal(ours.peer(peer.feed)?.state, 'connected')
    assert.deepEqual(await peer.do('room-endpoints'), [ours.id])
  },
)

test(
  'a peer of the JavaScript stack dials us and both sides know each other',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using peer = await startPeer('stack-peer.cjs')
    assert.equal(await peer.do('connect', { address: ours.address }), true)
    await ours.until('the peer is connected', () => ours.peer(peer.feed)?.state === 'connected')
    assert.deepEqual(await peer.do('room-endpoints'), [ours.id])
  },
)

test('with another network key neither side lets the other in', { skip }, async () => {
  await using ours = await openOurs({ 'ssb-caps': new Uint8Array(32).fill(7) })
  await using peer = await startPeer('stack-peer.cjs')
  await assert.rejects(ours.act('connect', { address: addressOf(peer) }), {
    name: 'ConnectError',
    message: /belongs to another network\.$/,
  })
  await assert.rejects(peer.do('connect', { address: ours.address }), /different application cap/)
  assert.notEqual(ours.peer(peer.feed)?.state, 'connected')
  assert.deepEqual(await peer.do('room-endpoints'), [])
})

test(
  'whoever dials another key than the one that listens gets no connection',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using peer = await startPeer('stack-peer.cjs')
    await using other = await startPeer('stack-peer.cjs')
    const mixedUp = addressOf(peer).replace(keyOf(peer.feed), keyOf(other.feed))
    await assert.rejects(ours.act('connect', { address: mixedUp }), { name: 'ConnectError' })
    const mistaken = ours.address.replace(keyOf(ours.id), keyOf(other.feed))
    await assert.rejects(peer.do('connect', { address: mistaken }))
    assert.deepEqual(await peer.do('room-endpoints'), [])
  },
)
