/** The classic pub server: an invite of it (Scuttlebutt Protocol Guide, "Pub invites"), and what comes of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, openOurs, whyWithout, writing } from './ours.ts'
import { startPeer } from './peer-process.ts'

const skip = whyWithout('pub')

test(
  'an invite of ssb-server is redeemed: both follow each other, and feeds go both ways',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using pub = await startPeer('pub-peer.cjs')
    await pub.do('publish', { content: { type: 'post', text: 'welcome' } })
    await ours.social.post(writing('before the pub'))
    const code = String(await pub.do('invite', { uses: 1 }))
    const answer = await ours.act('invite-accept', { code })
    assert.deepEqual(answer, { pub: pub.feed, address: addressOf(pub), before: false })

    // Our follow, and the `pub` message that tells others where it is.
    assert.equal(await ours.sequence(ours.id), 3)
    assert.match((await ours.message(ours.id, 2)).text, /"type":"contact".*"following":true/)
    assert.match(
      (await ours.message(ours.id, 3)).text,
      new RegExp(`"type":"pub".*"port":${pub.port}`),
    )
    assert.ok((await ours.social.profile(pub.feed)).followed)
    const known = (await ours.act('known', {})) as readonly { peer: string; role: string | null }[]
    assert.deepEqual(
      known.map(({ peer, role }) => [peer, role]),
      [[pub.feed, 'pub']],
    )

    // Nothing but the invite told us where the pub is: the node comes back by itself.
    await ours.until('the pub is connected', () => ours.peer(pub.feed)?.state === 'connected')
    await pub.until('sequence', { feed: ours.id }, (sequence) => sequence === 3)
    await ours.until('the pub is here', async () => (await ours.sequence(pub.feed)) === 2)
    assert.match((await ours.message(pub.feed, 2)).text, /"type":"contact".*"following":true/)
    assert.ok((await ours.social.profile(pub.feed)).followsBack)

    await pub.do('publish', { content: { type: 'post', text: 'live from the pub' } })
    await ours.until('their live post is here', async () => (await ours.sequence(pub.feed)) === 3)
    await ours.social.post(writing('live from us'))
    await pub.until('sequence', { feed: ours.id }, (sequence) => sequence === 4)
  },
)

test('an invite that was used up is refused in a sentence', { skip }, async () => {
  await using first = await openOurs()
  await using second = await openOurs()
  await using pub = await startPeer('pub-peer.cjs')
  const code = String(await pub.do('invite', { uses: 1 }))
  await first.act('invite-accept', { code })
  await assert.rejects(second.act('invite-accept', { code }), { name: 'InviteRefusedError' })
  assert.equal(await second.sequence(second.id), 0)
})

test(
  'half a surrogate pair reaches ssb-server and comes back byte for byte',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using pub = await startPeer('pub-peer.cjs')
    const text = 'half a pair: \uD83D end, and the other half: \uDC00'
    await ours.act('invite-accept', { code: String(await pub.do('invite', { uses: 1 })) })
    await ours.social.post(writing(text))
    const key = String(await pub.do('publish', { content: { type: 'post', text } }))
    await pub.until('sequence', { feed: ours.id }, (sequence) => sequence === 3)
    await ours.until('the pub is here', async () => (await ours.sequence(pub.feed)) === 2)
    const theirs = await ours.message(pub.feed, 2)
    assert.equal(theirs.id, key)
    assert.equal(theirs.text, JSON.stringify(await pub.do('get', { key })))
    const own = await ours.message(ours.id, 3)
    assert.equal(JSON.stringify(await pub.do('get', { key: own.id })), own.text)
  },
)
