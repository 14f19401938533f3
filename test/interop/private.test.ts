/** Private messages (private-box, Scuttlebutt Protocol Guide, "Private messages") between our node and the JavaScript stack. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { isObject, type Json } from '#base/json.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { addressOf, follow, openOurs, whyWithout, type Ours, writing } from './ours.ts'
import { startPeer, type PeerProcess } from './peer-process.ts'

const skip = whyWithout('stack')
const secret = 'Only for you: ünï 🦜'

test('a private message of ours is read by its readers, and by nobody else', { skip }, async () => {
  await using ours = await openOurs()
  await using one = await startPeer('stack-peer.cjs')
  await using two = await startPeer('stack-peer.cjs')
  await using third = await startPeer('stack-peer.cjs')
  // Seven readers with its author, which is as many as others write to.
  const absent = Array.from({ length: 4 }, () => keysOf(randomBytes(32)).id)
  const to = [one.feed, two.feed, ...absent]
  const { deliveries } = await ours.social.message(to, writing(secret))
  const key = deliveries[0]?.ref?.id ?? ''
  assert.match((await ours.message(ours.id, 1)).text, /"content":"[A-Za-z0-9+/=]+\.box"/)

  for (const peer of [one, two, third]) {
    await peer.do('publish', { content: follow(ours.id) })
    await ours.act('connect', { address: addressOf(peer) })
    await peer.until('sequence', { feed: ours.id }, (answer) => answer === 1)
  }
  for (const peer of [one, two]) {
    const content = await peer.do('decrypted', { key })
    assert.ok(isObject(content))
    assert.equal(content['text'], secret)
    assert.deepEqual(recipientsOf(content), [ours.id, ...to].toSorted())
  }
  assert.match(String(await third.do('decrypted', { key })), /\.box$/)
})

test(
  'a private message of theirs is read by us among its readers, and stays shut when it is for others',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using peer = await startPeer('stack-peer.cjs')
    await using third = await startPeer('stack-peer.cjs')
    const content = (to: readonly string[]): Json => ({
      type: 'post',
      text: secret,
      recps: [...to],
    })
    const absent = Array.from({ length: 4 }, () => keysOf(randomBytes(32)).id)
    const forUs = [peer.feed, ...absent, third.feed, ours.id]
    await peer.do('private', { content: content(forUs), to: forUs })
    const forOthers = [peer.feed, third.feed]
    await peer.do('private', { content: content(forOthers), to: forOthers })
    await ours.social.follow(peer.feed, true)
    await ours.act('connect', { address: addressOf(peer) })
    await ours.until('both are here', async () => (await ours.sequence(peer.feed)) === 2)

    const { items } = await ours.social.conversations()
    assert.equal(items.length, 1)
    const people = items[0]?.people.map(({ ref }) => ref.id) ?? []
    assert.deepEqual([...new Set([...people, ours.id])].toSorted(), forUs.toSorted())
    assert.deepEqual(await textsIn(ours, items[0]?.id ?? ''), [secret])
  },
)

test('a conversation goes back and forth', { skip }, async () => {
  await using ours = await openOurs()
  await using peer = await startPeer('stack-peer.cjs')
  await ours.social.follow(peer.feed, true)
  await peer.do('publish', { content: follow(ours.id) })
  await ours.act('connect', { address: addressOf(peer) })
  const { deliveries } = await ours.social.message([peer.feed], writing('a question'))
  const root = deliveries[0]?.ref?.id ?? ''
  await peer.until('sequence', { feed: ours.id }, (answer) => answer === 2)
  await answer(peer, root, [peer.feed, ours.id])
  await ours.until('the answer is here', async () => (await ours.sequence(peer.feed)) === 2)
  const { items } = await ours.social.conversations()
  assert.equal(items.length, 1)
  assert.deepEqual(await textsIn(ours, items[0]?.id ?? ''), ['an answer', 'a question'])
})

async function answer(peer: PeerProcess, root: string, to: readonly string[]): Promise<void> {
  const content = { type: 'post', text: 'an answer', root, branch: [root], recps: [...to] }
  await peer.do('private', { content, to: [...to] })
}

async function textsIn(ours: Ours, conversation: string): Promise<readonly string[]> {
  const { items } = await ours.social.messages(conversation)
  return items.map(({ content }) => content.text.body)
}

function recipientsOf(content: { readonly [key: string]: Json }): readonly string[] {
  const { recps } = content
  if (!Array.isArray(recps)) return []
  return recps.map((one: Json) => String(isObject(one) ? one['link'] : one)).toSorted()
}
