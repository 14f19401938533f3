/** Lists of people, and their timelines. */
import { operation, type Call } from '#api/mastodon/operation.ts'
import { personOf } from '#api/mastodon/operations/accounts.ts'
import { numberOf, paged, windowOf } from '#api/mastodon/paging.ts'
import { invalid } from '#api/mastodon/parameters.ts'
import { notFound } from '#http/http-error.ts'
import type { PersonList } from '#social/app/person-lists.ts'

const read = ['read:lists']
const write = ['write:lists']

export const listOperations = [
  operation('GET /api/v1/lists', read, async ({ context }) =>
    (await context.social.app.lists()).map(entityOf),
  ),
  operation('POST /api/v1/lists', write, async (call) => {
    const given = givenOf(call, { title: '', replies: 'list' })
    return entityOf(await call.context.social.app.addList(given))
  }),
  operation('GET /api/v1/lists/{id}', read, async (call) => entityOf(await listOf(call))),
  operation('PUT /api/v1/lists/{id}', write, async (call) => {
    const before = await listOf(call)
    const list = { id: before.id, ...givenOf(call, before) }
    await call.context.social.app.changeList(list)
    return entityOf(list)
  }),
  operation('DELETE /api/v1/lists/{id}', write, async (call) => {
    await call.context.social.app.dropList(Number((await listOf(call)).id))
    return {}
  }),
  operation('GET /api/v1/lists/{id}/accounts', read, async (call) => {
    const { id } = await listOf(call)
    const { app } = call.context.social
    // The document: 0 is everybody.
    const window = call.params.text('limit') === '0' ? { limit: 5_000 } : windowOf(call, 40, 80)
    const found = await app.listed(Number(id), window)
    return paged(call, await call.show.accounts(found.items), found)
  }),
  membership('POST', true),
  membership('DELETE', false),
  operation('GET /api/v1/accounts/{id}/lists', read, async (call) => {
    const person = await personOf(call)
    return (await call.context.social.app.lists(Number(person.id))).map(entityOf)
  }),
  operation('GET /api/v1/timelines/list/{list_id}', read, async (call) => {
    const { id, replies } = await listOf(call, 'list_id')
    const list = { of: 'list', list: Number(id), replies } as const
    const { items, ...ends } = await call.context.social.app.posts(list, windowOf(call, 20, 40))
    return paged(call, await call.show.posts(items), ends)
  }),
]

function membership(method: 'POST' | 'DELETE', on: boolean) {
  return operation(`${method} /api/v1/lists/{id}/accounts`, write, async (call) => {
    const { id } = await listOf(call)
    const { app } = call.context.social
    const ids = (call.params.texts('account_ids', 1000) ?? []).map((text) => numberOf(text) ?? -1)
    const people = await app.people(ids)
    if (on && ids.some((one) => !people.has(one))) throw notFound('Record not found')
    await app.setListed(Number(id), ids, on)
    return {}
  })
}

function entityOf({ id, title, replies }: PersonList) {
  return { id, title, replies_policy: replies, exclusive: false }
}

async function listOf({ context, path }: Call, name = 'id'): Promise<PersonList> {
  const found = (await context.social.app.lists()).find(({ id }) => id === path[name])
  if (!found) throw notFound('Record not found')
  return found
}

function givenOf({ params }: Call, before: Omit<PersonList, 'id'>): Omit<PersonList, 'id'> {
  const title = (params.text('title', 200) ?? before.title).trim()
  if (title === '') throw invalid('Validation failed: Title can’t be blank')
  const replies = params.text('replies_policy') ?? before.replies
  if (replies !== 'followed' && replies !== 'list' && replies !== 'none') {
    throw invalid('“replies_policy” must be followed, list or none.')
  }
  if (params.flag('exclusive'))
    throw invalid('A list cannot keep people out of the home timeline here yet.')
  return { title, replies }
}
