import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine } from '#rig/engines.ts'
import { checkedIntake, samplePerson, words } from '#rig/sample-people.ts'
import { reindex } from '#social/reindex.ts'
import { oauthTables } from '#store/tables/oauth.ts'
import { scene } from './scene.ts'

/** What apps of the client API read and keep. */
export function appSuite(engine: () => Engine): void {
  test('a stretch of a list is taken from above, from below or from the top', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    await at.node.host.receive(
      checkedIntake(...Array.from({ length: 9 }, (_, i) => bob.post(`${i}`))),
    )
    const { app } = at.node.social
    const all = (await app.posts({ of: 'public' }, { limit: 40 })).items.map(({ id }) => Number(id))
    const take = async (window: object) =>
      (await app.posts({ of: 'public' }, { limit: 2, ...window })).items.map(({ id }) =>
        all.indexOf(Number(id)),
      )
    assert.deepEqual(await take({}), [0, 1])
    assert.deepEqual(await take({ maxId: all[4]! }), [5, 6])
    assert.deepEqual(await take({ sinceId: all[4]! }), [0, 1])
    assert.deepEqual(await take({ minId: all[4]! }), [2, 3])
    assert.deepEqual(await take({ minId: all[4]!, maxId: all[2]! }), [3])
  })

  test('lists filter by tag, by files, by answers and by where somebody is', async () => {
    await using at = await scene(engine())
    const bob = samplePerson('b')
    const file = { ref: { network: 'sample', id: 'x' }, type: 'image/png' }
    const quoted = { ...words('"attachments":[{}]'), tags: ['tag'] }
    const posts = [
      bob.post('plain'),
      bob.write({ kind: 'post', audience: 'public', content: quoted }),
      bob.write({
        kind: 'post',
        audience: 'public',
        content: { ...words('p'), attachments: [file] },
      }),
    ]
    const answer = bob.post('answer', { root: posts[0]!.ref, parent: posts[0]!.ref })
    await at.node.host.receive(checkedIntake(...posts, answer))
    await at.node.social.post({ text: { format: 'plain', body: 'mine' } })
    const { app } = at.node.social
    const author = Number((await app.peopleByRef([bob.ref])).values().next().value?.id)
    const bodies = async (list: Parameters<typeof app.posts>[0], filter?: object) =>
      (await app.posts(list, { limit: 40 }, filter)).items
        .map(({ content }) => content.text.body)
        .sort()
    assert.deepEqual(await bodies({ of: 'public', from: 'local' }), ['mine'])
    assert.equal((await bodies({ of: 'public', from: 'remote' })).length, 4)
    assert.deepEqual(await bodies({ of: 'public' }, { onlyMedia: true }), ['p'])
    assert.deepEqual(await bodies({ of: 'tag', tag: '#TAG' }), ['"attachments":[{}]'])
    assert.deepEqual(await bodies({ of: 'author', author, tag: 'tag' }), ['"attachments":[{}]'])
    assert.equal((await bodies({ of: 'author', author }, { withoutReplies: true })).length, 3)
    assert.deepEqual(await app.searchTags('ta', { limit: 5, offset: 0 }), ['tag'])
  })

  test('notifications are dismissed one by one and all at once, also over a rebuild', async () => {
    await using at = await scene(engine())
    const { app } = at.node.social
    const bob = samplePerson('b')
    const named = (body: string) =>
      bob.write({
        kind: 'post',
        audience: 'public',
        content: { ...words(body), mentions: [{ ref: at.node.me }] },
      })
    const follow = bob.write({ kind: 'follow', whom: at.node.me, on: true })
    await at.node.host.receive(checkedIntake(follow, named('one'), named('two')))
    const kinds = async (filter?: object) =>
      (await app.notifications({ limit: 10 }, filter)).items.map(({ kind }) => kind)
    assert.deepEqual(await kinds(), ['mention', 'mention', 'follow'])
    assert.deepEqual(await kinds({ kinds: ['follow'] }), ['follow'])
    const [newest] = (await app.notifications({ limit: 1 })).items
    await app.dismissNotification(Number(newest?.id))
    assert.deepEqual(await kinds(), ['mention', 'follow'])
    assert.equal(await app.countNotifications(0, 10, {}), 2)
    await app.dismissNotification('all')
    await reindex(at.node)
    assert.deepEqual(await kinds(), [])
    await at.node.host.receive(checkedIntake(named('three')))
    assert.deepEqual(await kinds(), ['mention'])
  })

  test('bookmarks and mutes stay over a rebuild', async () => {
    await using at = await scene(engine())
    const { social } = at.node
    const { app } = social
    const [bob, carol] = [samplePerson('b'), samplePerson('c')]
    await at.node.host.receive(checkedIntake(bob.post('kept'), carol.post('other')))
    const post = Number(
      (await social.all()).items.find(({ content }) => content.text.body === 'kept')?.id,
    )
    await app.bookmark(post, true)
    await app.bookmark(post, true)
    const other = Number((await app.peopleByRef([carol.ref])).values().next().value?.id)
    await app.mute(other, true)
    await reindex(at.node)
    assert.deepEqual(
      (await app.posts({ of: 'bookmarks' }, { limit: 5 })).items.map(({ id }) => Number(id)),
      [post],
    )
    assert.deepEqual(await app.bookmarked([post]), new Set([post]))
    assert.deepEqual((await app.posts({ of: 'public' }, { limit: 5 })).items.length, 1)
    assert.equal((await app.tied({ kind: 'mute' }, { limit: 5 })).items.length, 1)
    await app.mute(other, false)
    await app.bookmark(post, false)
    assert.equal((await app.posts({ of: 'public' }, { limit: 5 })).items.length, 2)
    assert.equal((await app.posts({ of: 'bookmarks' }, { limit: 5 })).items.length, 0)
  })

  test('a list shows the posts of its people, and the answers that its policy lets through', async () => {
    await using at = await scene(engine())
    const { app } = at.node.social
    const [bob, carol, dave] = ['b', 'c', 'd'].map((name) => samplePerson(name))
    const [one, two] = [bob!.post('one'), dave!.post('two')]
    const answer = (to: typeof one, body: string) =>
      carol!.post(body, { root: to.ref, parent: to.ref })
    const written = [one, two, answer(one, 'to bob'), answer(two, 'to dave')]
    await at.node.host.receive(checkedIntake(...written))
    const people = await app.peopleByRef([bob!.ref, carol!.ref])
    const { id } = await app.addList({ title: 'Two', replies: 'list' })
    const ids = [...people.values()].map((person) => Number(person.id))
    await app.setListed(Number(id), ids, true)
    await app.setListed(Number(id), ids, true)
    const shown = async (replies: 'list' | 'none' | 'followed') =>
      (await app.posts({ of: 'list', list: Number(id), replies }, { limit: 9 })).items
        .map(({ content }) => content.text.body)
        .sort()
    assert.deepEqual(await shown('list'), ['one', 'to bob'])
    assert.deepEqual(await shown('none'), ['one'])
    assert.deepEqual(await shown('followed'), ['one'])
    assert.deepEqual(await app.lists(ids[0]), await app.lists())
    assert.equal((await app.listed(Number(id), { limit: 1 })).items.length, 1)
    await app.dropList(Number(id))
    assert.deepEqual(await app.lists(), [])
    assert.equal((await app.listed(Number(id), { limit: 1 })).items.length, 0)
  })

  test('a filter keeps its words, each under a number that stays', async () => {
    await using at = await scene(engine())
    const { app } = at.node.social
    const rule = { title: 'T', contexts: ['home'], action: 'hide', posts: [] } as const
    const word = (keyword: string, id = '') => ({ id, keyword, whole: false })
    const made = await app.keepFilter({
      ...rule,
      id: '',
      keywords: [word('a'), word('b')],
      until: 5,
    })
    const [a, b] = made.keywords.map(({ id }) => id)
    assert.deepEqual(await app.filters(), [made])
    const changed = { ...rule, id: made.id, keywords: [word('B', b), word('c')] }
    const kept = await app.keepFilter({ ...changed, posts: [{ id: '', post: '7' }] })
    assert.deepEqual(
      kept.keywords.map(({ keyword }) => keyword),
      ['B', 'c'],
    )
    assert.equal(new Set([a, ...kept.keywords.map(({ id }) => id), kept.posts[0]?.id]).size, 3)
    assert.deepEqual(await app.filters(), [kept])
    await app.dropFilter(Number(made.id))
    assert.deepEqual(await app.filters(), [])
  })

  test('people are found by their name, counted, and seen from both sides', async () => {
    await using at = await scene(engine())
    const { social } = at.node
    const { app } = social
    const bob = samplePerson('b')
    const name = bob.write({ kind: 'profile', of: bob.ref, name: '100% Bob_' })
    const follow = bob.write({ kind: 'follow', whom: at.node.me, on: true })
    await at.node.host.receive(checkedIntake(name, follow, bob.post('hi')))
    const find = (words: string) =>
      app.searchPeople(words, { limit: 5, offset: 0, following: false })
    const [id = 0] = await find('bob')
    assert.deepEqual(await find('0% b'), [id])
    assert.deepEqual(await find('1_0'), [])
    await social.follow(String(id), true)
    assert.deepEqual((await app.numbers([id], true)).get(id)?.followers, 1)
    assert.deepEqual((await app.standings([id])).get(id), {
      following: true,
      followedBy: true,
      blocking: false,
      blockedBy: false,
      muting: false,
    })
    const followers = await app.tied({ kind: 'followers', of: id }, { limit: 5 })
    assert.deepEqual(
      followers.items.map(({ ref }) => ref),
      [at.node.me],
    )
    const unknown = { network: 'sample', id: `sample:@${'9'.repeat(64)}` }
    assert.equal(await app.internPerson(unknown), await app.internPerson(unknown))
  })

  test('a conversation is read, hidden, and back with its next message', async () => {
    await using at = await scene(engine())
    const { app } = at.node.social
    const bob = samplePerson('b')
    const write = (body: string) =>
      bob.write({ kind: 'message', content: words(body), to: [bob.ref, at.node.me] })
    await at.node.host.receive(checkedIntake(write('one')))
    const talks = async () => (await app.conversations({ limit: 5 })).items
    const [talk] = await talks()
    assert.equal(talk?.unread, 1)
    await app.markConversationRead(Number(talk?.id))
    assert.equal((await talks())[0]?.unread, 0)
    await app.hideConversation(Number(talk?.id))
    assert.equal((await talks()).length, 0)
    await at.node.host.receive(checkedIntake(write('two')))
    assert.equal((await talks())[0]?.last.content.text.body, 'two')
    assert.equal((await app.messages({ limit: 5 })).items.length, 2)
  })

  test('markers count their changes, uploads keep what is said of them', async () => {
    await using at = await scene(engine())
    const { app } = at.node.social
    await app.setMarker('home', 5)
    await app.setMarker('home', 9)
    const [marker] = await app.markers(['home', 'notifications'])
    assert.deepEqual([marker?.lastId, marker?.version], ['9', 2])
    const file = { hash: 'ab', type: 'image/png', size: 3, name: 'a.png' }
    const { id } = await app.addUpload({ ...file, focus: [0.5, -1] })
    assert.deepEqual(await app.upload(Number(id)), { ...file, id, focus: [0.5, -1] })
    await app.describeUpload(Number(id), { description: 'words' })
    assert.deepEqual(await app.upload(Number(id)), { ...file, id, description: 'words' })
    await app.dropUpload(Number(id))
    assert.equal(await app.upload(Number(id)), undefined)
  })

  test('of a thousand apps the oldest that nobody let in makes room', async () => {
    await using at = await scene(engine())
    const { store } = at.node.core
    const oauth = oauthTables(store)
    const app = { secret: 's', name: 'App', website: null, scopes: 'read', created_at: 1 }
    const rows = Array.from({ length: 1000 }, (_, i) => {
      return { ...app, id: i + 1, client: `c${i + 1}`, redirects: '["x://y"]' }
    })
    for (let i = 0; i < 10; i++) {
      await store.write(({ db }) =>
        db
          .insertInto('oauth_app')
          .values(rows.slice(i * 100, i * 100 + 100))
          .execute(),
      )
    }
    await oauth.addCode(
      { hash: 'h', app_id: 1, redirect: 'x://y', scopes: 'read', challenge: null, expires_at: 9 },
      1,
    )
    const token = { hash: 't', app_id: 1, personal: 1, scopes: 'read', created_at: 1, used_at: 1 }
    assert.equal(await oauth.redeem('h', token), true)
    await oauth.addApp({ ...app, client: 'new', redirects: ['x://y'] })
    assert.ok(await oauth.app('c1'))
    assert.equal(await oauth.app('c2'), undefined)
    assert.ok(await oauth.app('new'))
  })

  test('a code gives one token, also to two who ask at once; an app has one token of its own', async () => {
    await using at = await scene(engine())
    const oauth = oauthTables(at.node.core.store)
    const app = await oauth.addApp({
      client: 'c',
      secret: 's',
      name: 'App',
      website: null,
      redirects: ['x://y'],
      scopes: 'read',
      created_at: 1,
    })
    assert.deepEqual(await oauth.app('c'), app)
    const code = { app_id: app.id, redirect: 'x://y', scopes: 'read', challenge: null }
    await oauth.addCode({ ...code, hash: 'old', expires_at: 5 }, 1)
    await oauth.addCode({ ...code, hash: 'h', expires_at: 20 }, 10)
    assert.equal(await oauth.code('old'), undefined)
    const token = (hash: string, personal: number) => {
      return { hash, app_id: app.id, personal, scopes: 'read', created_at: 1, used_at: 1 }
    }
    const done = await Promise.all(['t1', 't2'].map((hash) => oauth.redeem('h', token(hash, 1))))
    assert.deepEqual(done.toSorted(), [false, true])
    assert.equal((await oauth.personal()).length, 1)
    await oauth.addAppToken(token('a1', 0))
    await oauth.addAppToken(token('a2', 0))
    assert.equal(await oauth.token('a1'), undefined)
    const held = await oauth.token('a2')
    await oauth.used(held?.token.id ?? 0, 77)
    assert.equal((await oauth.token('a2'))?.token.used_at, 77)
    await oauth.revoke(held?.token.id ?? 0)
    assert.equal(await oauth.token('a2'), undefined)
  })
}
