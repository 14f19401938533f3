/** Filters, version 2: groups of keywords and posts. */
import { filterOf, keywordOf } from '#api/mastodon/entities/filter.ts'
import { operation, type Call } from '#api/mastodon/operation.ts'
import { numberOf } from '#api/mastodon/paging.ts'
import { invalid, type Parameters } from '#api/mastodon/parameters.ts'
import { notFound } from '#http/http-error.ts'
import type { PostFilterRule } from '#social/app/filters.ts'

const read = ['read:filters']
const write = ['write:filters']
const contexts = ['home', 'notifications', 'public', 'thread', 'account']
const blank: PostFilterRule = {
  id: '',
  title: '',
  contexts: [],
  action: 'warn',
  keywords: [],
  posts: [],
}

type Keyword = PostFilterRule['keywords'][number]

export const filterOperations = [
  operation('GET /api/v2/filters', read, async ({ context }) =>
    (await context.social.app.filters()).map(filterOf),
  ),
  operation('POST /api/v2/filters', write, async (call) => keep(call, givenOf(call, blank))),
  operation('GET /api/v2/filters/{id}', read, async (call) =>
    filterOf(await filterNamed(call, 'id')),
  ),
  operation('PUT /api/v2/filters/{id}', write, async (call) =>
    keep(call, givenOf(call, await filterNamed(call, 'id'))),
  ),
  operation('DELETE /api/v2/filters/{id}', write, async (call) => {
    await call.context.social.app.dropFilter(Number((await filterNamed(call, 'id')).id))
    return {}
  }),
  operation('GET /api/v2/filters/{filter_id}/keywords', read, async (call) =>
    (await filterNamed(call, 'filter_id')).keywords.map(keywordOf),
  ),
  operation('POST /api/v2/filters/{filter_id}/keywords', write, async (call) => {
    const filter = await filterNamed(call, 'filter_id')
    const keyword = keywordIn(call.params, { id: '', keyword: '', whole: false })
    return (await keep(call, { ...filter, keywords: [...filter.keywords, keyword] })).keywords.at(
      -1,
    )
  }),
  operation('GET /api/v2/filters/keywords/{id}', read, async (call) =>
    keywordOf((await partOf(call)).keyword),
  ),
  operation('PUT /api/v2/filters/keywords/{id}', write, async (call) => {
    const { filter, keyword } = await partOf(call)
    const changed = keywordIn(call.params, keyword)
    const keywords = filter.keywords.map((one) => (one.id === keyword.id ? changed : one))
    await keep(call, { ...filter, keywords })
    return keywordOf(changed)
  }),
  operation('DELETE /api/v2/filters/keywords/{id}', write, async (call) => {
    const { filter, keyword } = await partOf(call)
    await keep(call, { ...filter, keywords: filter.keywords.filter(({ id }) => id !== keyword.id) })
    return {}
  }),
  operation(
    'GET /api/v2/filters/{filter_id}/statuses',
    read,
    async (call) => filterOf(await filterNamed(call, 'filter_id')).statuses,
  ),
  operation('POST /api/v2/filters/{filter_id}/statuses', write, async (call) => {
    const filter = await filterNamed(call, 'filter_id')
    const post = call.params.text('status_id') ?? ''
    if ((await call.context.social.app.postsById([numberOf(post) ?? -1])).length === 0) {
      throw notFound('Record not found')
    }
    return (
      await keep(call, { ...filter, posts: [...filter.posts, { id: '', post }] })
    ).statuses.at(-1)
  }),
  operation('GET /api/v2/filters/statuses/{id}', read, async (call) => (await postIn(call)).status),
  operation('DELETE /api/v2/filters/statuses/{id}', write, async (call) => {
    const { filter, status } = await postIn(call)
    await keep(call, { ...filter, posts: filter.posts.filter(({ id }) => id !== status.id) })
    return status
  }),
]

async function keep({ context }: Call, filter: PostFilterRule) {
  return filterOf(await context.social.app.keepFilter(filter))
}

async function filterNamed({ context, path }: Call, name: string): Promise<PostFilterRule> {
  const found = (await context.social.app.filters()).find(({ id }) => id === path[name])
  if (!found) throw notFound('Record not found')
  return found
}

async function partOf({ context, path }: Call) {
  for (const filter of await context.social.app.filters()) {
    const keyword = filter.keywords.find(({ id }) => id === path['id'])
    if (keyword) return { filter, keyword }
  }
  throw notFound('Record not found')
}

async function postIn({ context, path }: Call) {
  for (const filter of await context.social.app.filters()) {
    const status = filterOf(filter).statuses.find(({ id }) => id === path['id'])
    if (status) return { filter, status }
  }
  throw notFound('Record not found')
}

function givenOf({ params, context }: Call, before: PostFilterRule): PostFilterRule {
  const title = (params.text('title', 200) ?? before.title).trim()
  if (title === '') throw invalid('Validation failed: Title can’t be blank')
  const where = params.texts('context', 10) ?? before.contexts
  if (where.length === 0 || where.some((one) => !contexts.includes(one))) {
    throw invalid(`“context” must be one or more of: ${contexts.join(', ')}.`)
  }
  const action = params.text('filter_action') ?? before.action
  if (action !== 'warn' && action !== 'hide' && action !== 'blur') {
    throw invalid('“filter_action” must be warn, hide or blur.')
  }
  const seconds = params.integer('expires_in', 0, 10_000_000_000)
  const until =
    seconds === undefined
      ? params.has('expires_in')
        ? undefined
        : before.until
      : context.clock.now() + seconds * 1000
  const { until: _until, ...rest } = before
  const changed = {
    title,
    contexts: where,
    action,
    keywords: keywordsIn(params, before.keywords),
  } as const
  return { ...rest, ...changed, ...(until !== undefined && { until }) }
}

/** Keywords changed by `keywords_attributes`: with an id one that is there, without a new one. */
function keywordsIn(params: Parameters, before: readonly Keyword[]): readonly Keyword[] {
  const keywords = new Map(before.map((one) => [one.id, one]))
  const added: Keyword[] = []
  for (const given of params.each('keywords_attributes')) {
    const id = given.text('id') ?? ''
    const known = keywords.get(id)
    if (id !== '' && !known) throw notFound('Record not found')
    if (given.flag('_destroy')) keywords.delete(id)
    else if (known) keywords.set(id, keywordIn(given, known))
    else added.push(keywordIn(given, { id: '', keyword: '', whole: false }))
  }
  return [...keywords.values(), ...added]
}

function keywordIn(given: Parameters, before: Keyword): Keyword {
  const keyword = (given.text('keyword', 200) ?? before.keyword).trim()
  if (keyword === '') throw invalid('Validation failed: Keyword can’t be blank')
  return { id: before.id, keyword, whole: given.flag('whole_word') ?? before.whole }
}
