import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openClientApp } from '#rig/client-app.ts'
import { twoPeople, type TwoPeople } from '#rig/two-people.ts'

type Status = {
  readonly id: string
  readonly content: string
  readonly visibility: string
  readonly uri: string
  readonly in_reply_to_id: string | null
  readonly mentions: readonly { readonly id: string; readonly acct: string }[]
  readonly media_attachments: readonly {
    readonly url: string
    readonly type: string
    readonly description: string
  }[]
  readonly favourited: boolean
  readonly favourites_count: number
}

let people: TwoPeople
before(async () => {
  people = await twoPeople()
})
after(() => people[Symbol.asyncDispose]())

test('a thread, its author, its likes and who was told are what happened', async () => {
  const { app, ids } = people
  const { descendants } = await app.json<{ descendants: Status[] }>(
    'GET',
    `/api/v1/statuses/${ids.post}/context`,
  )
  assert.deepEqual(
    descendants.map(({ id, in_reply_to_id }) => [id, in_reply_to_id]),
    [[ids.answer, ids.post]],
  )
  const { ancestors } = await app.json<{ ancestors: Status[] }>(
    'GET',
    `/api/v1/statuses/${ids.answer}/context`,
  )
  assert.deepEqual(
    ancestors.map(({ id }) => id),
    [ids.post],
  )
  const liked = await app.json<Status>('GET', `/api/v1/statuses/${ids.post}`)
  assert.deepEqual([liked.favourites_count, liked.favourited], [1, false])
  const by = await app.json<{ id: string }[]>('GET', `/api/v1/statuses/${ids.post}/favourited_by`)
  assert.deepEqual(
    by.map(({ id }) => id),
    [ids.bob],
  )
  const told = await app.json<{ type: string }[]>('GET', '/api/v1/notifications')
  assert.deepEqual(told.map(({ type }) => type).sort(), [
    'favourite',
    'follow',
    'mention',
    'mention',
  ])
  const answer = await app.json<Status>('GET', `/api/v1/statuses/${ids.answer}`)
  assert.equal(answer.mentions[0]?.id, ids.alice)
  assert.match(answer.content, /<a href="[a-z]+:[^"]+" class="u-url mention"/)
})

test('a name that an app writes reaches the one who is named', async () => {
  const { app, bob, ids } = people
  const { acct } = await app.json<{ acct: string }>('GET', `/api/v1/accounts/${ids.bob}`)
  const status = await app.json<Status>('POST', '/api/v1/statuses', {
    status: `Hi @${acct}, how are you?`,
    in_reply_to_id: ids.answer,
  })
  assert.deepEqual(
    status.mentions.map(({ id }) => id),
    [ids.bob],
  )
  await bob.until('Bob sees it', async () =>
    (
      await bob.client.get<{ items: { content: { text: { body: string } } }[] }>('/timelines/home')
    ).items.some(({ content }) => content.text.body.includes('how are you')),
  )
})

test('HTML of others is shown and not run', async () => {
  const { app } = people
  const evil =
    '<img src=x onerror=alert(1)> [x](javascript:alert(1)) [y](data:text/html,z) "onmouseover="'
  const { content } = await app.json<Status>('POST', '/api/v1/statuses', { status: evil })
  for (const [tag] of content.matchAll(/<[^>]*>/g))
    assert.match(tag, /^<\/?(?:p|br|a|span|em|strong|code)\b[^<>]*>$/)
  assert.ok(!/<(?:img|script)/i.test(content))
  assert.ok(!/href="(?:javascript|data):/i.test(content))
})

test('the same Idempotency-Key publishes once; of another app it is another key', async () => {
  const { app } = people
  const send = () =>
    app.json<Status>(
      'POST',
      '/api/v1/statuses',
      { status: 'once only' },
      { 'idempotency-key': 'k 1' },
    )
  const [first, second] = [await send(), await send()]
  assert.equal(first.id, second.id)
  const other = await openClientApp(people.alice.node)
  const third = await other.json<Status>(
    'POST',
    '/api/v1/statuses',
    { status: 'by another' },
    { 'idempotency-key': 'k 1' },
  )
  assert.notEqual(third.id, first.id)
  const found = await app.json<Status[]>('GET', '/api/v1/timelines/home?limit=40')
  assert.equal(found.filter(({ content }) => content.includes('once only')).length, 1)
})

test('lists page both ways to their ends without a gap or a double', async () => {
  const { app } = people
  for (let i = 0; i < 7; i++) await app.json('POST', '/api/v1/statuses', { status: `number ${i}` })
  const all = await app.json<Status[]>('GET', '/api/v1/timelines/home?limit=40')
  const ids = all.map(({ id }) => id)
  assert.deepEqual(ids, ids.toSorted().toReversed())
  const walk = async (first: string, rel: string): Promise<string[]> => {
    const seen: string[] = []
    let next: string | undefined = first
    while (next !== undefined) {
      const answer = await app.ask('GET', next)
      const items = (await answer.json()) as Status[]
      seen.push(...(rel === 'prev' ? items.toReversed() : items).map(({ id }) => id))
      const link: string | undefined = new RegExp(`<([^>]+)>; rel="${rel}"`).exec(
        answer.headers.get('link') ?? '',
      )?.[1]
      const url: URL | undefined = link === undefined ? undefined : new URL(link)
      next = url && url.pathname + url.search
    }
    return seen
  }
  assert.deepEqual(await walk('/api/v1/timelines/home?limit=2', 'next'), ids)
  const oldest = ids.at(-1) ?? ''
  assert.deepEqual(
    await walk(`/api/v1/timelines/home?limit=2&min_id=${oldest}`, 'prev'),
    ids.slice(0, -1).toReversed(),
  )
  const since = await app.json<Status[]>('GET', `/api/v1/timelines/home?limit=2&since_id=${oldest}`)
  assert.deepEqual(
    since.map(({ id }) => id),
    ids.slice(0, 2),
  )
})

test('a private message is in conversations and notifications, and in nothing that is public', async () => {
  const { app, ids } = people
  const { acct } = await app.json<{ acct: string }>('GET', `/api/v1/accounts/${ids.bob}`)
  const sent = await app.json<Status>('POST', '/api/v1/statuses', {
    status: `@${acct} classified #secret`,
    visibility: 'direct',
  })
  assert.equal(sent.visibility, 'direct')
  const talks = await app.json<{ last_status: Status }[]>('GET', '/api/v1/conversations')
  assert.ok(talks[0]?.last_status.content.includes('classified'))
  const places = [
    '/api/v1/timelines/home?limit=40',
    '/api/v1/timelines/public?limit=40',
    '/api/v1/timelines/tag/secret',
    `/api/v1/accounts/${ids.alice}/statuses?limit=40`,
    `/api/v1/accounts/${ids.bob}/statuses?limit=40`,
    `/api/v1/statuses/${ids.post}/context`,
    `/api/v1/statuses/${ids.answer}/context`,
    '/api/v1/favourites',
    '/api/v1/bookmarks',
    '/api/v2/search?q=classified',
    '/api/v2/search?q=secret',
    `/api/v2/search?q=${sent.id}`,
    `/api/v2/search?q=${encodeURIComponent(sent.uri)}&resolve=true`,
  ]
  for (const place of places) {
    const text = JSON.stringify(await app.json('GET', place))
    assert.ok(!/classified|psst/.test(text), place)
  }
  for (const id of [sent.id, ids.message]) {
    const answer = await fetch(`${people.alice.node.url}/api/v1/statuses/${id}`)
    assert.equal(answer.status, 401)
  }
})

test('a picture is shown by its address without a token, and by no other', async () => {
  const { app } = people
  const png = Buffer.from('89504e470d0a1a0a00000000', 'hex')
  const form = new FormData()
  form.set('file', new File([png], '../../etc/passwd'))
  form.set('description', 'nothing')
  const { id } = await app.json<{ id: string }>('POST', '/api/v2/media', form)
  const status = await app.json<Status>('POST', '/api/v1/statuses', {
    status: 'see',
    media_ids: [id],
  })
  const [shown] = status.media_attachments
  assert.deepEqual([shown?.type, shown?.description], ['image', 'nothing'])
  const answer = await fetch(shown?.url ?? '')
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), png)
  assert.equal(answer.headers.get('content-type'), 'image/png')
  assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin')
  const wrong = await fetch((shown?.url ?? '').replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))
  assert.equal(wrong.status, 404)
})

test('pages of other origins may ask with a token, and read how the list goes on', async () => {
  const { url } = people.alice.node
  const asked = {
    origin: 'https://app.example',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization, content-type',
  }
  const before = await fetch(`${url}/api/v1/statuses`, { method: 'OPTIONS', headers: asked })
  assert.equal(before.status, 204)
  assert.equal(before.headers.get('access-control-allow-headers'), 'authorization, content-type')
  const answer = await people.app.ask(
    'POST',
    '/api/v1/statuses',
    { status: 'from afar' },
    { origin: 'https://app.example' },
  )
  assert.equal(answer.status, 200)
  assert.match(answer.headers.get('access-control-expose-headers') ?? '', /Link/)
  // The local API stays closed to them.
  const local = await fetch(`${url}/api/metalife/v1/status`, { method: 'OPTIONS', headers: asked })
  assert.equal(local.headers.get('access-control-allow-origin'), null)
})

test('a filter says which of its words a post has, in every place, until its time is over', async () => {
  const { app, ids } = people
  type Filtered = { filtered: { filter: { title: string }; keyword_matches: string[] }[] }
  const given = {
    title: 'Words',
    context: ['home'],
    keywords_attributes: [{ keyword: 'first' }, { keyword: 'irst', whole_word: true }],
  }
  const { id } = await app.json<{ id: string }>('POST', '/api/v2/filters', given)
  const shown = await app.json<Filtered>('GET', `/api/v1/statuses/${ids.post}`)
  assert.deepEqual(
    shown.filtered.map(({ keyword_matches }) => keyword_matches),
    [['first']],
  )
  await app.json('PUT', `/api/v2/filters/${id}`, { expires_in: 0 })
  assert.deepEqual((await app.json<Filtered>('GET', `/api/v1/statuses/${ids.post}`)).filtered, [])
  await app.json('DELETE', `/api/v2/filters/${id}`)
})

test('muting hides and stays here; it ends', async () => {
  const { app, ids } = people
  const shown = async () =>
    JSON.stringify(await app.json('GET', '/api/v1/timelines/public?limit=40')).includes(
      `"id":"${ids.answer}"`,
    )
  assert.ok(await shown())
  await app.json('POST', `/api/v1/accounts/${ids.bob}/mute`)
  assert.ok(!(await shown()))
  assert.equal((await app.json<unknown[]>('GET', '/api/v1/mutes')).length, 1)
  assert.equal((await app.json<unknown[]>('GET', '/api/v1/notifications')).length, 0)
  await app.json('POST', `/api/v1/accounts/${ids.bob}/unmute`)
  assert.ok(await shown())
})
