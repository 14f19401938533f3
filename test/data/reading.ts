import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page, PageRequest } from '#social/views.ts'
import type { Engine } from '#rig/engines.ts'
import { checkedIntake, samplePerson, words } from '#rig/sample-people.ts'
import { scene } from './scene.ts'

/** What a person sees. */
export function readingSuite(engine: () => Engine): void {
  test('every list pages to its end without gaps or repeats, newest first', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    await at.node.social.follow(bob.ref.id, true)
    const content = { ...words('tagged'), tags: ['tag'] }
    const posts = Array.from({ length: 45 }, () =>
      bob.write({ kind: 'post', audience: 'public', content }),
    )
    await at.node.host.receive(checkedIntake(...posts))
    const { social } = at.node
    for (const list of [
      (page: PageRequest) => social.home(page),
      (page: PageRequest) => social.all(page),
      (page: PageRequest) => social.tagged('tag', page),
      (page: PageRequest) => social.postsOf(bob.ref.id, page),
    ]) {
      const seen = await everything(list, 7)
      assert.equal(seen.length, 45)
      assert.deepEqual(
        seen.map(({ ref }) => ref.id),
        posts.map(({ ref }) => ref.id).reverse(),
      )
    }
    assert.equal((await social.home()).items.length, 20)
    assert.equal((await social.home({ limit: 1000 })).items.length, 40)
    await assert.rejects(social.home({ after: 'x' }), { name: 'BadCursorError' })
  })

  test('following brings what is here already, unfollowing takes it away', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    await at.node.host.receive(checkedIntake(bob.post('one'), bob.post('two')))
    const { social } = at.node
    assert.equal((await social.home()).items.length, 0)
    await social.follow(bob.ref.id, true)
    assert.equal((await social.home()).items.length, 2)
    await at.clock.advance(1)
    await social.follow(bob.ref.id, false)
    assert.equal((await social.home()).items.length, 0)
    assert.equal((await social.following(at.node.me.id)).items.length, 0)
  })

  test('blocked people disappear from lists, threads and messages', async () => {
    await using at = await scene(engine())
    const [bob, carol] = [samplePerson('b'), samplePerson('c')]
    const { social } = at.node
    await social.follow(carol.ref.id, true)
    const root = bob.post('root')
    const bad = carol.post('bad', { root: root.ref, parent: root.ref })
    await at.node.host.receive(checkedIntake(root, bad))
    assert.equal((await social.home()).items.length, 1)
    await social.block(carol.ref.id, true)
    assert.equal((await social.home()).items.length, 0)
    assert.equal((await social.all()).items.length, 1)
    assert.equal((await social.thread(root.ref.id)).replies.length, 0)
    assert.equal((await social.profile(carol.ref.id)).blocked, true)
    await social.block(carol.ref.id, false)
    assert.equal((await social.home()).items.length, 1)
  })

  test('a thread has its answers in order and names what is missing', async () => {
    await using at = await scene(engine())
    const [bob, carol] = [samplePerson('b'), samplePerson('c')]
    const root = bob.post('root')
    const gone = bob.post('never arrives', { root: root.ref, parent: root.ref })
    const answer = carol.post('answer', { root: root.ref, parent: gone.ref, at: 1_650_000_000_000 })
    await at.node.host.receive(checkedIntake(answer))
    const before = await at.node.social.thread(answer.ref.id)
    assert.equal(before.root.content.text.body, 'answer')
    assert.deepEqual(before.missing.map(({ id }) => id).sort(), [root.ref.id, gone.ref.id].sort())
    await at.node.host.receive(checkedIntake(root))
    const after = await at.node.social.thread(answer.ref.id)
    assert.equal(after.root.content.text.body, 'root')
    assert.deepEqual(after.missing, [gone.ref])
    assert.equal(after.replies[0]!.root, after.root.id)
    assert.equal(after.replies[0]!.parent, undefined)
    assert.equal(after.root.replies, 1)
  })

  test('reactions count by emoji, one a person, and can be taken back', async () => {
    await using at = await scene(engine())
    const [bob, carol] = [samplePerson('b'), samplePerson('c')]
    const { social } = at.node
    const post = bob.post('like this')
    await at.node.host.receive(
      checkedIntake(post, carol.write({ kind: 'react', of: post.ref, emoji: '❤', on: true })),
    )
    await social.react(post.ref.id, '❤', true)
    const liked = (await social.thread(post.ref.id)).root.reactions
    assert.deepEqual(liked, [{ emoji: '❤', count: 2, mine: true }])
    await social.react(post.ref.id, '❤', false)
    const left = (await social.thread(post.ref.id)).root.reactions
    assert.deepEqual(left, [{ emoji: '❤', count: 1, mine: false }])
  })

  test('messages belong to the set of people who read them', async () => {
    await using at = await scene(engine())
    const [bob, carol] = [samplePerson('b'), samplePerson('c')]
    const { social, me } = at.node
    await social.message([bob.ref.id], { text: { format: 'plain', body: 'to bob' } })
    await at.clock.advance(1000)
    await social.message([carol.ref.id, bob.ref.id], { text: { format: 'plain', body: 'both' } })
    const to = [me, bob.ref]
    const reply = bob.write({ kind: 'message', content: words('from bob'), to, at: at.clock.now() })
    await at.node.host.receive(checkedIntake(reply))
    const { items } = await social.conversations()
    assert.deepEqual(items.map(({ people, unread }) => [people.length, unread]).sort(), [
      [2, 1],
      [3, 0],
    ])
    const two = items.find(({ people }) => people.length === 2)!
    const talk = await social.messages(two.id)
    assert.deepEqual(
      talk.items.map(({ content }) => content.text.body),
      ['from bob', 'to bob'],
    )
    assert.equal((await social.all()).items.length, 0)
    await assert.rejects(social.messages('999'), { name: 'NotFoundError' })
  })

  test('records are served again byte for byte and in order', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    const written = Array.from({ length: 5 }, (_, i) => bob.post(`post ${i}`))
    await at.node.host.receive(checkedIntake(...written))
    const { records } = at.node.host
    const range = await records.range(bob.ref.id, 2, 3)
    assert.deepEqual(
      range.map(({ sequence, bytes }) => [sequence, Buffer.from(bytes).toString()]),
      written
        .slice(1, 4)
        .map(({ record }) => [record.sequence, Buffer.from(record.bytes).toString()]),
    )
    assert.deepEqual(Object.keys((await records.get(written[0]!.record.id))!).sort(), [
      'bytes',
      'feed',
      'id',
      'sequence',
    ])
    assert.equal((await records.heads()).length, 1)
    assert.equal(await records.get('sample:%nothing'), undefined)
  })

  test('a record is found by the key that it was made with, deed of ours or not', async () => {
    await using at = await scene(engine())
    const { record } = samplePerson('b').post('an address')
    await at.node.host.receive({ records: [{ ...record, key: 'address' }] })
    assert.equal((await at.node.host.records.keyed!('address'))?.id, record.id)
    assert.equal(await at.node.host.records.keyed!('other'), undefined)
  })

  test('small values of a network are kept by key and listed in byte order', async () => {
    await using at = await scene(engine())
    const { state } = at.node.host
    for (const key of ['p/b', 'p/a', 'p/B', 'q', 'p/é']) await state.put(key, Buffer.from(key))
    await state.put('p/a', Buffer.from('newer'))
    await state.delete('p/b')
    assert.deepEqual(await state.keys('p/'), ['p/B', 'p/a', 'p/é'])
    assert.equal(Buffer.from((await state.get('p/a'))!).toString(), 'newer')
    assert.ok((await state.get('p/a')) instanceof Uint8Array)
    assert.equal(await state.get('p/b'), undefined)
  })

  test('ties in force are what a network replicates by', async () => {
    await using at = await scene(engine())
    const [bob, carol] = [samplePerson('b'), samplePerson('c')]
    await at.node.host.receive(
      checkedIntake(
        bob.write({ kind: 'follow', whom: carol.ref, on: true }),
        bob.write({ kind: 'block', whom: at.node.me, on: true }),
        carol.write({ kind: 'follow', whom: bob.ref, on: true }),
        carol.write({ kind: 'follow', whom: bob.ref, on: false }),
      ),
    )
    const ties = await at.node.host.ties()
    assert.deepEqual(
      ties.map(({ from, kind, to }) => [from, kind, to]).sort(),
      [
        [bob.ref.id, 'block', at.node.me.id],
        [bob.ref.id, 'follow', carol.ref.id],
      ].sort(),
    )
    assert.deepEqual(await at.node.host.identities(), [at.node.me])
  })
}

async function everything<T>(list: (page: PageRequest) => Promise<Page<T>>, limit: number) {
  const seen: T[] = []
  let after: string | undefined
  do {
    const page = await list(after === undefined ? { limit } : { limit, after })
    seen.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return seen
}
