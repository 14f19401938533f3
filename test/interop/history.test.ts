/** History streams (Scuttlebutt Protocol Guide, "createHistoryStream") with a pub server that speaks no EBT. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, follow, openOurs, whyWithout, type Ours, writing } from './ours.ts'
import { startPeer, type PeerProcess } from './peer-process.ts'

const skip = whyWithout('pub')

test(
  'with a pub without EBT feeds go both ways by history streams, when we dial',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using pub = await startPeer('pub-peer.cjs', { args: ['history'] })
    await befriend(ours, pub)
    await ours.act('connect', { address: addressOf(pub) })
    await bothWays(ours, pub)
  },
)

test(
  'with a pub without EBT feeds go both ways by history streams, when it dials',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using pub = await startPeer('pub-peer.cjs', { args: ['history'] })
    await befriend(ours, pub)
    await pub.do('connect', { address: ours.address })
    await bothWays(ours, pub)
  },
)

async function befriend(ours: Ours, pub: PeerProcess): Promise<void> {
  for (let n = 1; n < 20; n++) {
    await ours.social.post(writing(`ours ${n}`))
    await pub.do('publish', { content: { type: 'post', text: `theirs ${n}` } })
  }
  await ours.social.follow(pub.feed, true)
  await pub.do('publish', { content: follow(ours.id) })
}

async function bothWays(ours: Ours, pub: PeerProcess): Promise<void> {
  await pub.until('sequence', { feed: ours.id }, (sequence) => sequence === 20)
  await ours.until('the pub is here', async () => (await ours.sequence(pub.feed)) === 20, 30_000)
  await ours.social.post(writing('live from us'))
  await pub.until('sequence', { feed: ours.id }, (sequence) => sequence === 21)
  assert.equal(ours.peer(pub.feed)?.state, 'connected')
}
