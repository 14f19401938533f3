import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { openDataNode } from '#rig/data-node.ts'
import type { Engine } from '#rig/engines.ts'
import { checkedIntake, samplePerson, words } from '#rig/sample-people.ts'
import { scene } from './scene.ts'

/** What arrives is stored once, whole, and in the right order. */
export function receivingSuite(engine: () => Engine): void {
  test('a post of somebody followed comes home, with its author', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    await at.node.social.follow(bob.ref.id, true)
    const name = bob.write({ kind: 'profile', of: bob.ref, name: 'Bob', about: 'builds' })
    await at.node.host.receive(checkedIntake(name, bob.post('hello')))
    const { items } = await at.node.social.home()
    assert.deepEqual(
      items.map((post) => [post.content.text.body, post.author.name, post.provisional]),
      [['hello', 'Bob', false]],
    )
  })

  test('the same intake twice changes nothing', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    const intake = checkedIntake(
      bob.post('one'),
      bob.write({ kind: 'follow', whom: at.node.me, on: true }),
      bob.write({ kind: 'message', content: words('psst'), to: [bob.ref, at.node.me] }),
    )
    await at.node.host.receive(intake)
    const once = await counts(at.node)
    await at.node.host.receive(intake)
    assert.deepEqual(await counts(at.node), once)
    assert.equal(once.record, 3)
  })

  test('a second record at a taken place is refused with its deed', async () => {
    await using at = await scene(engine())
    const one = samplePerson('b').post('the first')
    const other = samplePerson('b').post('the fork')
    await at.node.host.receive(checkedIntake(one))
    await at.node.host.receive(checkedIntake(other))
    const { items } = await at.node.social.all()
    assert.deepEqual(
      items.map((post) => post.content.text.body),
      ['the first'],
    )
    assert.equal((await at.node.host.records.head(one.record.feed))?.id, one.record.id)
  })

  test('unchecked posts show as provisional, trigger nothing, and are told once they are checked', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    await at.node.social.follow(bob.ref.id, true)
    const post = bob.post('hi', {})
    const naming = bob.write({
      kind: 'post',
      audience: 'public',
      content: { ...words('you'), mentions: [{ ref: at.node.me }] },
    })
    const records = [post.record, naming.record]
    const deeds = [post.deed, naming.deed]
    await at.node.host.receive({ records, provisional: deeds })
    assert.deepEqual(
      (await at.node.social.home()).items.map((view) => view.provisional),
      [true, true],
    )
    assert.equal((await counts(at.node)).notification, 0)
    const feed = bob.ref.id
    await at.node.host.receive({ confirmed: deeds, checked: [{ feed, sequence: 2 }] })
    assert.deepEqual(
      (await at.node.social.home()).items.map((view) => view.provisional),
      [false, false],
    )
    assert.equal((await counts(at.node)).notification, 1)
  })

  test('dropping takes unchecked records away and never checked ones', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    const [one, two, three] = [bob.post('one'), bob.post('two'), bob.post('three')]
    await at.node.host.receive(checkedIntake(one))
    await at.node.host.receive({
      records: [two.record, three.record],
      provisional: [two.deed, three.deed],
    })
    assert.equal((await at.node.host.records.head(bob.ref.id))?.sequence, 3)
    await at.node.host.receive({ dropped: [{ feed: bob.ref.id, sequence: 1 }] })
    const head = await at.node.host.records.head(bob.ref.id)
    assert.deepEqual(head, { feed: bob.ref.id, sequence: 1, id: one.record.id, checked: 1 })
    assert.equal((await at.node.social.all()).items.length, 1)
    // The same records come again from an honest peer.
    await at.node.host.receive(checkedIntake(two, three))
    assert.deepEqual(
      (await at.node.social.all()).items.map((view) => view.content.text.body),
      ['three', 'two', 'one'],
    )
  })

  test('what a person says of themselves counts more than what others say, and newer more than older', async () => {
    await using at = await scene(engine())
    const [bob, carol] = [samplePerson('b'), samplePerson('c', 1_650_000_000_000)]
    const first = bob.write({ kind: 'profile', of: bob.ref, name: 'Bob', at: 1_690_000_000_000 })
    const second = bob.write({
      kind: 'profile',
      of: bob.ref,
      name: 'Robert',
      at: 1_500_000_000_000,
    })
    const gossip = carol.write({ kind: 'profile', of: bob.ref, name: 'Bobby', about: 'a friend' })
    await at.node.host.receive(checkedIntake(first, second))
    await at.node.host.receive(checkedIntake(gossip))
    await at.node.host.receive({ deeds: [first.deed] })
    const profile = await at.node.social.profile(bob.ref.id)
    assert.equal(profile.name, 'Robert')
    assert.equal(profile.about, 'a friend')
  })

  test('an older unfollow does not undo a newer follow', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    const off = bob.write({ kind: 'follow', whom: at.node.me, on: false })
    const on = bob.write({ kind: 'follow', whom: at.node.me, on: true })
    await at.node.host.receive(checkedIntake(off, on))
    await at.node.host.receive({ deeds: [off.deed] })
    assert.equal((await at.node.social.profile(bob.ref.id)).followsBack, true)
  })

  test('hostile texts and names are kept out or made harmless', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    const evil = { network: 'sample', id: `\ud800${'x'.repeat(5000)}\0` }
    await at.node.host.receive(
      checkedIntake(
        bob.post('nul \0 and half a pair \ud800', { root: evil, parent: evil, at: Number.NaN }),
        bob.write({ kind: 'profile', of: bob.ref, name: 'a\0b\ud800' }),
        bob.write({ kind: 'follow', whom: evil, on: true }),
        bob.post('from the future', { at: 9e15 }),
        bob.post('from before time', { at: -1e12 }),
      ),
    )
    const { items } = await at.node.social.all()
    assert.equal(items.length, 3)
    assert.equal(items[0]!.at, at.clock.now())
    assert.ok(items.every((post) => post.at <= at.clock.now() && Number(post.id) > 0))
    assert.equal(items[0]!.author.name, 'ab\ufffd')
  })

  test('forgetting a feed leaves nothing of it, and it can come again', async () => {
    await using at = await scene(engine())
    const [bob, carol] = [samplePerson('b'), samplePerson('c')]
    await at.node.social.follow(bob.ref.id, true)
    const post = bob.post('going')
    const like = bob.write({ kind: 'react', of: post.ref, emoji: '❤', on: true })
    await at.node.host.receive(checkedIntake(post, like, carol.post('staying')))
    await at.node.host.records.forget(bob.ref.id)
    assert.equal(await at.node.host.records.head(bob.ref.id), undefined)
    assert.equal(await at.node.host.records.get(post.record.id), undefined)
    const { record, post: posts, home, reaction } = await counts(at.node)
    assert.deepEqual(
      { record, posts, home, reaction },
      { record: 2, posts: 1, home: 0, reaction: 0 },
    )
    await at.node.host.receive(checkedIntake(post, like))
    assert.equal((await at.node.social.home()).items.length, 1)
  })

  test('an edit and a deletion hold for the author only, and may come before the post', async () => {
    await using at = await scene(engine())
    const [bob, carol] = [samplePerson('b'), samplePerson('c')]
    const [one, two] = [bob.post('first words'), bob.post('to go')]
    const content = words('better words')
    const edit = bob.write({ kind: 'edit', of: one.ref, content })
    const gone = bob.write({ kind: 'delete', of: two.ref })
    const forged = carol.write({ kind: 'delete', of: one.ref })
    await at.node.host.receive({ records: [], deeds: [forged.deed, edit.deed, gone.deed] })
    await at.node.host.receive(checkedIntake(one, two))
    assert.deepEqual(
      (await at.node.social.all()).items.map((post) => post.content.text.body),
      ['better words'],
    )
  })
}

const COUNTED = [
  'record',
  'copy',
  'post',
  'home',
  'message',
  'reaction',
  'tie',
  'notification',
] as const

async function counts(node: Awaited<ReturnType<typeof openDataNode>>) {
  const found: Partial<Record<(typeof COUNTED)[number], number>> = {}
  for (const table of COUNTED) {
    const row = await node.core.store.read
      .selectFrom(table)
      .select((e) => e.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    found[table] = row.n
  }
  return found
}
