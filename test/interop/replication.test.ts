/** Replication by EBT version 3 (ssbc/epidemic-broadcast-trees) between our node and the JavaScript stack. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isObject, type Json } from '#base/json.ts'
import { ssbRef } from '#networks/ssb/refs.ts'
import { addressOf, follow, openOurs, whyWithout, type Ours, writing } from './ours.ts'
import { startPeer, type PeerProcess } from './peer-process.ts'

const skip = whyWithout('stack')
const many = 5_000

test('5,000 messages go each way by EBT, and live ones follow', { skip }, async (t) => {
  await using ours = await openOurs()
  await using peer = await startPeer('stack-peer.cjs')
  const written = peer.do('posts', { count: many, text: 'theirs' })
  await writeMany(ours, many)
  await written
  await ours.social.follow(peer.feed, true)
  await peer.do('publish', { content: follow(ours.id) })

  const start = performance.now()
  await ours.act('connect', { address: addressOf(peer) })
  await Promise.all([
    ours.until(
      'their feed is here',
      async () => (await ours.sequence(peer.feed)) === many + 1,
      60_000,
    ),
    peer.until('sequence', { feed: ours.id }, (answer) => answer === many + 1, 60_000),
  ])
  t.diagnostic(`${2 * many} messages in ${Math.round(performance.now() - start)} ms`)
  await liveBothWays(ours, peer)
})

test(
  'a follow that is written while connected starts replication in that direction',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using peer = await startPeer('stack-peer.cjs')
    await peer.do('posts', { count: 10, text: 'theirs' })
    await writeMany(ours, 10)
    await peer.do('connect', { address: ours.address })

    await ours.social.follow(peer.feed, true)
    await ours.until('their feed is here', async () => (await ours.sequence(peer.feed)) === 10)
    assert.equal(await peer.do('sequence', { feed: ours.id }), 0)

    await peer.do('publish', { content: follow(ours.id) })
    await peer.until('sequence', { feed: ours.id }, (answer) => answer === 11)
    await liveBothWays(ours, peer)
  },
)

test('after a break both sides take up where they were', { skip }, async () => {
  await using ours = await openOurs()
  await using peer = await startPeer('stack-peer.cjs')
  await ours.social.follow(peer.feed, true)
  await peer.do('publish', { content: follow(ours.id) })
  await ours.act('connect', { address: addressOf(peer) })
  await liveBothWays(ours, peer)
  for (const whoEnds of ['we', 'they']) {
    if (whoEnds === 'we') await ours.act('disconnect', { peer: peer.feed })
    else await peer.do('hang-up', { peer: ours.id })
    await ours.until('the connection is gone', () => ours.peer(peer.feed)?.state !== 'connected')
    await peer.do('posts', { count: 10, text: `theirs, after ${whoEnds} hung up` })
    const before = await ours.sequence(ours.id)
    await writeMany(ours, 10, `ours, after ${whoEnds} hung up`)
    const theirs = Number(await peer.do('sequence', { feed: peer.feed }))

    await ours.act('connect', { address: addressOf(peer) })
    await ours.until('theirs are here', async () => (await ours.sequence(peer.feed)) === theirs)
    await peer.until('sequence', { feed: ours.id }, (answer) => answer === before + 10)
    await liveBothWays(ours, peer)
  }
})

test(
  'both dial at the same moment, again and again, and replication goes on',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using peer = await startPeer('stack-peer.cjs')
    await ours.social.follow(peer.feed, true)
    await peer.do('publish', { content: follow(ours.id) })
    for (let round = 0; round < 3; round++) {
      // One of the two may be told that its connection gave way to the other.
      const dials = [
        ours.act('connect', { address: addressOf(peer) }),
        peer.do('connect', { address: ours.address }),
      ]
      assert.ok((await Promise.allSettled(dials)).some(({ status }) => status === 'fulfilled'))
      await liveBothWays(ours, peer)
      await peer.do('hang-up', { peer: ours.id })
      await ours.until('the connection is gone', () => ours.peer(peer.feed)?.state !== 'connected')
    }
  },
)

test('what nobody follows stays where it is', { skip }, async () => {
  await using ours = await openOurs()
  await using peer = await startPeer('stack-peer.cjs')
  await using third = await startPeer('stack-peer.cjs')
  await third.do('posts', { count: 3, text: 'a stranger' })
  await peer.do('posts', { count: 3, text: 'theirs' })
  await ours.act('connect', { address: addressOf(third) })
  await ours.act('connect', { address: addressOf(peer) })
  await ours.social.follow(peer.feed, true)
  await ours.until('their feed is here', async () => (await ours.sequence(peer.feed)) === 3)
  assert.equal(await ours.sequence(third.feed), 0)
  assert.equal(await peer.do('sequence', { feed: third.feed }), 0)
})

test('every kind of message of theirs arrives byte for byte', { skip }, async () => {
  await using ours = await openOurs()
  await using peer = await startPeer('stack-peer.cjs')
  const root = String(await peer.do('publish', { content: { type: 'post', text: 'the root' } }))
  const contents: Json[] = [
    { type: 'about', about: peer.feed, name: 'Žofie 🦜', description: 'two\nlines' },
    { type: 'contact', contact: ours.id, following: true, blocking: false },
    { type: 'vote', vote: { link: root, value: 1, expression: '❤' } },
    {
      type: 'post',
      text: 'an answer',
      root,
      branch: [root],
      mentions: [{ link: ours.id, name: 'you' }],
    },
    ...texts.map((text) => ({ type: 'post', text })),
    {
      type: 'unheard-of',
      2: 'b',
      1: 'a',
      deep: [[1e21, -0.5, 1e-7, null, true, {}]],
      '': 'empty key',
    },
  ]
  const keys = [root]
  for (const content of contents) keys.push(String(await peer.do('publish', { content })))
  await ours.social.follow(peer.feed, true)
  await ours.act('connect', { address: addressOf(peer) })
  await ours.until('all is here', async () => (await ours.sequence(peer.feed)) === keys.length)
  for (const [index, key] of keys.entries()) {
    const { id, text } = await ours.message(peer.feed, index + 1)
    assert.equal(id, key)
    assert.equal(text, JSON.stringify(await peer.do('get', { key })))
  }
})

test('every kind of message of ours arrives byte for byte', { skip }, async () => {
  await using ours = await openOurs()
  await using peer = await startPeer('stack-peer.cjs')
  const { social } = ours
  await social.describe({ name: 'Žofie 🦜', about: 'two\nlines' })
  await social.follow(peer.feed, true)
  const root = (await social.post(writing('the root'))).deliveries[0]?.ref?.id ?? ''
  await social.react(root, '❤', true)
  await social.reply(root, writing(`an answer to [you](${peer.feed})`))
  for (const text of texts.slice(1)) await social.post(writing(text))
  const count = 5 + texts.length - 1
  assert.equal(await ours.sequence(ours.id), count)

  await peer.do('publish', { content: follow(ours.id) })
  await peer.do('connect', { address: ours.address })
  await peer.until('sequence', { feed: ours.id }, (answer) => answer === count)
  for (let sequence = 1; sequence <= count; sequence++) {
    const { id, text } = await ours.message(ours.id, sequence)
    assert.equal(JSON.stringify(await peer.do('get', { key: id })), text)
  }
})

test(
  'half a surrogate pair: the stack checks ours and keeps its id, and we refuse its own damaged copy',
  { skip },
  async () => {
    await using ours = await openOurs()
    await using peer = await startPeer('stack-peer.cjs')
    const half = 'half a pair: \uD83D end, and the other half: \uDC00'
    await peer.do('publish', { content: follow(ours.id) })
    const damaged = await peer.do('publish', { content: { type: 'post', text: half } })
    await ours.social.follow(peer.feed, true)
    await ours.social.post(writing(half))
    await ours.act('connect', { address: addressOf(peer) })

    // Their database keeps text as UTF-8, where half a pair becomes U+FFFD: the id of our message is right, its text is not.
    await peer.until('sequence', { feed: ours.id }, (answer) => answer === 2)
    const { id, text } = await ours.message(ours.id, 2)
    assert.match(text, /\\ud83d end.*\\udc00/)
    assert.equal(textOf(await peer.do('get', { key: id })), half.toWellFormed())
    // So the signature of what they pass on does not fit any more, not even on their own message.
    assert.equal(textOf(await peer.do('get', { key: damaged })), half.toWellFormed())
    await ours.until('it was refused', () => Number(ours.network.status().counters['forged']) > 0)
    assert.equal(await ours.sequence(peer.feed), 1)
  },
)

/** Texts that tempt an encoder; the first is the empty one, which we do not write ourselves. */
const texts = [
  '',
  'plain',
  'ünï¢ødé 漢字 \u{1F9A6}‍👩‍👩‍👧 \u202Eright to left',
  'control \u0000\u0001\u007F\u2028\u2029 "quotes" \\ back / slash \t tab',
  'ł looks like B in one byte: \u0141\u0122\u010A',
  'x'.repeat(6_000),
]

function textOf(value: Json): Json | undefined {
  const content = isObject(value) ? value['content'] : undefined
  return isObject(content) ? content['text'] : undefined
}

/** Straight into the feed: 5,000 posts through the whole social side would measure that. */
async function writeMany({ id, network }: Ours, count: number, text = 'ours'): Promise<void> {
  const content = { mentions: [], tags: [], attachments: [] }
  const signal = AbortSignal.timeout(60_000)
  for (let n = 0; n < count; n++) {
    const deed = {
      kind: 'post',
      actor: ssbRef(id),
      at: Date.now(),
      audience: 'public',
      content: { ...content, text: { format: 'markdown', body: `${text} ${n}` } },
    } as const
    const { outcome } = await network.send(deed, '', `${text} ${n}`, signal)
    assert.equal(outcome, 'sent')
  }
}

async function liveBothWays(ours: Ours, peer: PeerProcess): Promise<void> {
  const here = await ours.sequence(peer.feed)
  const there = Number(await peer.do('sequence', { feed: ours.id }))
  await peer.do('publish', { content: { type: 'post', text: 'live from them' } })
  await ours.until('their live post is here', async () => (await ours.sequence(peer.feed)) > here)
  await ours.social.post(writing('live from us'))
  await peer.until('sequence', { feed: ours.id }, (answer) => Number(answer) > there)
}
