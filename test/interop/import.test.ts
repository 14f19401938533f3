/** Taking in the databases of other programs: the logs of ssb-db2 and ssb-server, as they wrote them. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Json } from '#base/json.ts'
import { addressOf, openOurs, whyWithout, type Ours } from './ours.ts'
import { startPeer, type PeerProcess } from './peer-process.ts'

test(
  'the log of ssb-db2 is imported, and every message of it verifies and is the same',
  { skip: whyWithout('stack') },
  async () => {
    await using ours = await openOurs()
    await using friend = await startPeer('stack-peer.cjs')
    await using peer = await startPeer('stack-peer.cjs')
    const root = String(
      await peer.do('publish', { content: { type: 'post', text: 'ünï 🦜 \u2028' } }),
    )
    await peer.do('publish', {
      content: { type: 'vote', vote: { link: root, value: 1, expression: '❤' } },
    })
    const to = [peer.feed, ours.id]
    // Their database gives these back opened.
    const sealed = [
      await peer.do('private', { content: { type: 'post', text: 'sealed', recps: to }, to }),
      await peer.do('private', { content: { type: 'post', text: 'own' }, to: [peer.feed] }),
    ]
    await peer.do('posts', { count: 500, text: 'theirs' })
    await friend.do('posts', { count: 20, text: 'of a friend' })
    await peer.do('publish', {
      content: { type: 'contact', contact: friend.feed, following: true },
    })
    await peer.do('connect', { address: addressOf(friend) })
    await peer.until('sequence', { feed: friend.feed }, (sequence) => sequence === 20)
    await peer.do('flush')
    assert.ok(existsSync(join(peer.folder, 'db2', 'log.bipf')))

    const own = 505
    assert.deepEqual(await importAll(ours, peer), counts('bipf-log', own + 20))
    assert.equal(await ours.sequence(peer.feed), own)
    assert.equal(await ours.sequence(friend.feed), 20)
    for (const [feed, count] of [
      [peer.feed, own],
      [friend.feed, 20],
    ] as const) {
      for (let sequence = 1; sequence <= count; sequence++) {
        const { id, text } = await ours.message(feed, sequence)
        assert.equal(
          await ours.network.verify({ id, feed, sequence, bytes: Buffer.from(text) }),
          undefined,
        )
        if (!sealed.includes(id))
          assert.equal(text, JSON.stringify(await peer.do('get', { key: id })))
      }
    }
    // What was sealed for us is read.
    const { items } = await ours.social.conversations()
    assert.equal(items[0]?.last.content.text.body, 'sealed')
  },
)

test(
  'the log of ssb-server is imported, and every message of it is the same',
  { skip: whyWithout('pub') },
  async () => {
    await using ours = await openOurs()
    await using pub = await startPeer('pub-peer.cjs')
    const keys: string[] = []
    for (const text of ['plain', 'ünï 🦜 \u2028', 'half a pair: \uD83D', '']) {
      keys.push(String(await pub.do('publish', { content: { type: 'post', text } })))
    }
    assert.ok(existsSync(join(pub.folder, 'flume', 'log.offset')))
    assert.deepEqual(await importAll(ours, pub), counts('flume-log', keys.length))
    for (const [index, key] of keys.entries()) {
      const { id, text } = await ours.message(pub.feed, index + 1)
      assert.equal(id, key)
      assert.equal(text, JSON.stringify(await pub.do('get', { key })))
      const record = { id, feed: pub.feed, sequence: index + 1, bytes: Buffer.from(text) }
      assert.equal(await ours.network.verify(record), undefined)
    }
  },
)

async function importAll({ network }: Ours, { folder }: PeerProcess): Promise<Json | undefined> {
  return await network.importFrom?.(folder, () => undefined, AbortSignal.timeout(30_000))
}

function counts(kind: string, stored: number): Json {
  return { kind, read: stored, stored, known: 0, refused: 0, incomplete: 0, skipped: 0 }
}
