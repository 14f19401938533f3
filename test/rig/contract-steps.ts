/** Requests for every operation of the client API, with the status that each is answered with. */
import { emptyOperations } from '#api/mastodon/operations/empty.ts'
import type { ClientApp } from '#rig/client-app.ts'
import type { TwoPeople } from '#rig/two-people.ts'

/** A line of the document, values of its path, a query, a body, and the status if it is not 200. */
type Step = readonly [
  line: string,
  path?: Readonly<Record<string, string>>,
  query?: string,
  body?: unknown,
  status?: number,
]

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Every operation at least once, and what each refuses; some change the scene for those after them. */
export async function contractSteps({ app, ids }: TwoPeople): Promise<readonly Step[]> {
  const [picture, other] = [await upload(app), await upload(app)]
  const file = new File([png], 'dot.png', { type: 'image/png' })
  const bob = (await app.json<{ acct: string }>('GET', `/api/v1/accounts/${ids.bob}`)).acct
  const [talk] = await app.json<readonly { id: string }[]>('GET', '/api/v1/conversations')
  const told = await app.json<readonly { id: string }[]>('GET', '/api/v1/notifications')
  const [first, second, third] = told.map(({ id }) => id)
  return [
    ...credentialSteps(file),
    ...instanceSteps(),
    ...accountSteps(ids, bob),
    ...statusSteps(ids, bob, picture),
    ...timelineSteps(),
    ...listSteps(ids),
    ...filterSteps(ids),
    ...mediaSteps(other, file),
    ...markSteps(ids),
    ['GET /api/v1/conversations'],
    ['POST /api/v1/conversations/{id}/read', { id: talk?.id ?? '' }],
    ['POST /api/v1/conversations/{id}/read', { id: '999' }, '', undefined, 404],
    ['DELETE /api/v1/conversations/{id}', { id: talk?.id ?? '' }],
    ...notificationSteps(first ?? '', second ?? '', third ?? ''),
    ...emptySteps(),
  ]
}

async function upload({ json }: ClientApp): Promise<string> {
  const form = new FormData()
  form.set('file', new File([png], 'dot.png', { type: 'image/png' }))
  form.set('description', 'A dot')
  form.set('focus', '0.5,-0.5')
  return (await json<{ id: string }>('POST', '/api/v2/media', form)).id
}

function formOf(fields: Readonly<Record<string, string | File>>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  return form
}

function credentialSteps(file: File): readonly Step[] {
  return [
    [
      'POST /api/v1/apps',
      {},
      '',
      { client_name: 'a', redirect_uris: ['https://a.example/b', 'urn:ietf:wg:oauth:2.0:oob'] },
    ],
    [
      'POST /api/v1/apps',
      {},
      '',
      formOf({ client_name: 'a', redirect_uris: 'app://x\napp://y', scopes: 'read:statuses push' }),
    ],
    ['POST /api/v1/apps', {}, '', { client_name: '', redirect_uris: 'app://x' }, 422],
    ['POST /api/v1/apps', {}, '', { client_name: 'a', redirect_uris: 'javascript:alert(1)' }, 422],
    [
      'POST /api/v1/apps',
      {},
      '',
      { client_name: 'a', redirect_uris: 'app://x', scopes: 'admin:read' },
      422,
    ],
    ['GET /api/v1/apps/verify_credentials'],
    ['GET /oauth/userinfo'],
    ['GET /api/v1/accounts/verify_credentials'],
    [
      'PATCH /api/v1/accounts/update_credentials',
      {},
      '',
      { display_name: 'Alice', note: 'Hello #tag', source: { privacy: 'public' } },
    ],
    ['PATCH /api/v1/accounts/update_credentials', {}, '', formOf({ avatar: file })],
    ['PATCH /api/v1/accounts/update_credentials', {}, '', { display_name: ' ' }, 422],
    ['GET /api/v1/preferences'],
  ]
}

function instanceSteps(): readonly Step[] {
  const names = [
    '',
    '/peers',
    '/activity',
    '/rules',
    '/domain_blocks',
    '/translation_languages',
    '/extended_description',
    '/privacy_policy',
  ]
  return [
    ['GET /api/v2/instance'],
    ...names.map((name): Step => [`GET /api/v1/instance${name}`]),
    ['GET /api/v1/instance/terms_of_service', {}, '', undefined, 404],
    ['GET /health'],
  ]
}

function accountSteps(ids: TwoPeople['ids'], bob: string): readonly Step[] {
  const path = { id: ids.bob }
  return [
    ['GET /api/v1/accounts/lookup', {}, `?acct=${bob}`],
    ['GET /api/v1/accounts/lookup', {}, '?acct=alice'],
    ['GET /api/v1/accounts/lookup', {}, '?acct=nobody', undefined, 404],
    ['GET /api/v1/accounts', {}, `?id[]=${ids.bob}&id[]=${ids.alice}`],
    ['GET /api/v1/accounts/search', {}, '?q=bob'],
    ['GET /api/v1/accounts/search', {}, `?q=@${bob}&resolve=true`],
    ['GET /api/v1/accounts/relationships', {}, `?id[]=${ids.bob}&id[]=${ids.alice}`],
    ['GET /api/v1/accounts/familiar_followers', {}, `?id[]=${ids.bob}`],
    ['GET /api/v1/accounts/{id}', path],
    ['GET /api/v1/accounts/{id}', { id: '999' }, '', undefined, 404],
    ['GET /api/v1/accounts/{id}', { id: 'x' }, '', undefined, 404],
    ['GET /api/v1/accounts/{id}/statuses', path],
    ['GET /api/v1/accounts/{id}/statuses', path, '?pinned=true'],
    [
      'GET /api/v1/accounts/{id}/statuses',
      { id: ids.alice },
      '?exclude_replies=1&only_media=0&tagged=welcome',
    ],
    ...['following', 'followers', 'featured_tags', 'lists', 'identity_proofs', 'endorsements'].map(
      (name): Step => [`GET /api/v1/accounts/{id}/${name}`, path],
    ),
    ...['unfollow', 'follow', 'mute', 'unmute', 'block', 'unblock', 'follow'].map((name): Step => [
      `POST /api/v1/accounts/{id}/${name}`,
      path,
    ]),
    ['POST /api/v1/accounts/{id}/follow', { id: ids.alice }, '', undefined, 422],
    ['POST /api/v1/accounts/{id}/mute', path, '', { duration: 60 }, 422],
    ['GET /api/v1/blocks'],
    ['GET /api/v1/mutes'],
  ]
}

function statusSteps(ids: TwoPeople['ids'], bob: string, picture: string): readonly Step[] {
  const create = 'POST /api/v1/statuses'
  const paths = [ids.post, ids.answer, ids.message].map((id) => ({ id }))
  const reads = [
    '',
    '/context',
    '/source',
    '/history',
    '/favourited_by',
    '/reblogged_by',
    '/quotes',
  ]
  const path = { id: ids.post }
  return [
    [
      create,
      {},
      '',
      {
        status: `@${bob} look`,
        media_ids: [picture],
        spoiler_text: 'cw',
        language: 'en',
        in_reply_to_id: ids.answer,
      },
    ],
    [create, {}, '', { status: `@${bob} for you`, visibility: 'direct' }],
    [create, {}, '', { status: 'and this', in_reply_to_id: ids.message }],
    [create, {}, '', formOf({ status: 'form', 'media_ids[]': picture, sensitive: 'true' })],
    [create, {}, '', { status: ' ' }, 422],
    [create, {}, '', { status: 'x', visibility: 'private' }, 422],
    [create, {}, '', { status: 'x', media_ids: ['77'] }, 422],
    [create, {}, '', { status: 'x', poll: { options: ['a', 'b'], expires_in: 60 } }, 422],
    [create, {}, '', { status: 'x'.repeat(50_000) }, 422],
    [create, {}, '', { status: 'x', in_reply_to_id: '5' }, 404],
    ['GET /api/v1/statuses', {}, `?id[]=${ids.post}&id[]=${ids.answer}`],
    ...paths.flatMap((one) => reads.map((name): Step => [`GET /api/v1/statuses/{id}${name}`, one])),
    ['GET /api/v1/statuses/{id}', { id: '1' }, '', undefined, 404],
    ...['favourite', 'bookmark'].map((name): Step => [
      `POST /api/v1/statuses/{id}/${name}`,
      { id: ids.answer },
    ]),
    ['GET /api/v1/favourites'],
    ['GET /api/v1/bookmarks'],
    ...['unfavourite', 'unbookmark', 'unreblog'].map((name): Step => [
      `POST /api/v1/statuses/{id}/${name}`,
      { id: ids.answer },
    ]),
    ['POST /api/v1/statuses/{id}/favourite', { id: ids.message }, '', undefined, 422],
    ...['reblog', 'pin', 'unpin'].map((name): Step => [
      `POST /api/v1/statuses/{id}/${name}`,
      path,
      '',
      undefined,
      422,
    ]),
    ['PUT /api/v1/statuses/{id}', path, '', { status: 'other' }, 422],
    ['DELETE /api/v1/statuses/{id}', path, '', undefined, 422],
    ['DELETE /api/v1/statuses/{id}', { id: ids.answer }, '', undefined, 404],
  ]
}

function timelineSteps(): readonly Step[] {
  const tag = { hashtag: 'welcome' }
  return [
    ...['home', 'direct', 'link'].map((name): Step => [
      `GET /api/v1/timelines/${name}`,
      {},
      '?url=https://a.example/',
    ]),
    ...['', '?local=true', '?remote=true', '?only_media=true', '?limit=1&max_id=9&since_id=x'].map(
      (query): Step => ['GET /api/v1/timelines/public', {}, query],
    ),
    ['GET /api/v1/timelines/tag/{hashtag}', tag],
    ['GET /api/v1/timelines/list/{list_id}', { list_id: '99' }, '', undefined, 404],
  ]
}

function listSteps({ bob }: TwoPeople['ids']): readonly Step[] {
  const path = { id: '1' }
  const people = { account_ids: [bob] }
  return [
    ['POST /api/v1/lists', {}, '', { title: 'Friends' }],
    ['POST /api/v1/lists', {}, '', { title: ' ' }, 422],
    ['POST /api/v1/lists', {}, '', { title: 'x', replies_policy: 'some' }, 422],
    ['GET /api/v1/lists'],
    ['GET /api/v1/lists/{id}', path],
    ['PUT /api/v1/lists/{id}', path, '', { title: 'Good friends', replies_policy: 'followed' }],
    ['POST /api/v1/lists/{id}/accounts', path, '', people],
    ['POST /api/v1/lists/{id}/accounts', path, '', { account_ids: ['999'] }, 404],
    ['GET /api/v1/lists/{id}/accounts', path],
    ['GET /api/v1/lists/{id}/accounts', path, '?limit=0'],
    ['GET /api/v1/accounts/{id}/lists', { id: bob }],
    ['GET /api/v1/timelines/list/{list_id}', { list_id: '1' }],
    ['DELETE /api/v1/lists/{id}/accounts', path, '', people],
    ['DELETE /api/v1/lists/{id}', path],
    ['GET /api/v1/lists/{id}', path, '', undefined, 404],
  ]
}

function filterSteps({ post }: TwoPeople['ids']): readonly Step[] {
  const [path, of] = [{ id: '1' }, { filter_id: '1' }]
  const words = [{ keyword: 'first', whole_word: true }]
  const filter = {
    title: 'Words',
    context: ['home', 'public'],
    filter_action: 'hide',
    expires_in: 3600,
  }
  return [
    ['POST /api/v2/filters', {}, '', { ...filter, keywords_attributes: words }],
    ['POST /api/v2/filters', {}, '', { title: 'x', context: ['nowhere'] }, 422],
    ['POST /api/v2/filters', {}, '', { title: 'x', context: [] }, 422],
    ['GET /api/v2/filters'],
    ['GET /api/v2/filters/{id}', path],
    [
      'PUT /api/v2/filters/{id}',
      path,
      '',
      { keywords_attributes: [{ id: '1000', keyword: 'First' }] },
    ],
    ['POST /api/v2/filters/{filter_id}/keywords', of, '', { keyword: 'post' }],
    ['GET /api/v2/filters/{filter_id}/keywords', of],
    ['GET /api/v2/filters/keywords/{id}', { id: '1001' }],
    [
      'PUT /api/v2/filters/keywords/{id}',
      { id: '1001' },
      '',
      { keyword: 'posts', whole_word: true },
    ],
    ['DELETE /api/v2/filters/keywords/{id}', { id: '1001' }],
    ['POST /api/v2/filters/{filter_id}/statuses', of, '', { status_id: post }],
    ['POST /api/v2/filters/{filter_id}/statuses', of, '', { status_id: '5' }, 404],
    ['GET /api/v2/filters/{filter_id}/statuses', of],
    ['GET /api/v2/filters/statuses/{id}', { id: '1001' }],
    ['GET /api/v1/statuses/{id}', { id: post }],
    ['GET /api/v1/timelines/home'],
    ['DELETE /api/v2/filters/statuses/{id}', { id: '1001' }],
    ['DELETE /api/v2/filters/{id}', path],
    ['GET /api/v2/filters/{id}', path, '', undefined, 404],
  ]
}

function mediaSteps(id: string, file: File): readonly Step[] {
  return [
    ['POST /api/v1/media', {}, '', formOf({ file })],
    ['POST /api/v2/media', {}, '', formOf({ file, focus: '9,9' })],
    ['POST /api/v2/media', {}, '', formOf({ file: new File(['<svg/>'], 'a.svg') }), 422],
    ['POST /api/v2/media', {}, '', formOf({ file: 'text' }), 422],
    ['POST /api/v2/media', {}, '', undefined, 422],
    [
      'POST /api/v2/media',
      {},
      '',
      formOf({ file: new File([png, Buffer.alloc(5_300_000)], 'a.png') }),
      422,
    ],
    ['GET /api/v1/media/{id}', { id }],
    ['PUT /api/v1/media/{id}', { id }, '', { description: 'A better word', focus: '0,0' }],
    ['DELETE /api/v1/media/{id}', { id }],
    ['GET /api/v1/media/{id}', { id }, '', undefined, 404],
  ]
}

function markSteps(ids: TwoPeople['ids']): readonly Step[] {
  return [
    ['POST /api/v1/markers', {}, '', { home: { last_read_id: ids.post } }],
    ['POST /api/v1/markers', {}, '', formOf({ 'notifications[last_read_id]': '7' })],
    ['POST /api/v1/markers', {}, '', { home: { last_read_id: 'x' } }, 422],
    ['GET /api/v1/markers', {}, '?timeline[]=home&timeline[]=notifications'],
    ['POST /api/v1/tags/{name}/follow', { name: 'Welcome' }],
    ['GET /api/v1/followed_tags'],
    ['GET /api/v1/tags/{name}', { name: 'welcome' }],
    ['GET /api/v1/tags/{name}', { name: 'no tag' }, '', undefined, 422],
    ['POST /api/v1/tags/{name}/unfollow', { name: 'welcome' }],
    ['GET /api/v2/search', {}, '?q=bob'],
    ['GET /api/v2/search', {}, `?q=${ids.post}&type=statuses`],
    ['GET /api/v2/search', {}, '?q=wel&type=hashtags'],
  ]
}

function notificationSteps(first: string, second: string, third: string): readonly Step[] {
  const group = { group_key: `ungrouped-${second}` }
  return [
    ['GET /api/v1/notifications'],
    ['GET /api/v1/notifications', {}, '?types[]=mention&exclude_types[]=follow'],
    ['GET /api/v1/notifications', {}, '?types[]=poll'],
    ['GET /api/v1/notifications/unread_count'],
    ['GET /api/v1/notifications/requests'],
    ['GET /api/v1/notifications/requests/merged'],
    ['GET /api/v1/notifications/{id}', { id: first }],
    ['POST /api/v1/notifications/{id}/dismiss', { id: first }],
    ['GET /api/v1/notifications/{id}', { id: first }, '', undefined, 404],
    ['GET /api/v2/notifications'],
    ['GET /api/v2/notifications/unread_count'],
    ['GET /api/v2/notifications/policy'],
    ['GET /api/v2/notifications/{group_key}', group],
    ['GET /api/v2/notifications/{group_key}/accounts', group],
    ['POST /api/v2/notifications/{group_key}/dismiss', group],
    ['GET /api/v2/notifications/{group_key}', group, '', undefined, 404],
    ['GET /api/v1/notifications/{id}', { id: third }],
    ['POST /api/v1/notifications/clear'],
    ['GET /api/v1/notifications/{id}', { id: third }, '', undefined, 404],
  ]
}

function emptySteps(): readonly Step[] {
  return emptyOperations.map(({ method, path }): Step => [`${method} ${path}`])
}
