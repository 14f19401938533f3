/** Looking at people. */
import { accountOf } from '#api/mastodon/entities/account.ts'
import { idInHandle, isOwnHandle } from '#api/mastodon/handles.ts'
import { refIn } from '#api/mastodon/native-names.ts'
import { operation, type Call } from '#api/mastodon/operation.ts'
import { numberOf, paged, windowOf } from '#api/mastodon/paging.ts'
import { notFound } from '#http/http-error.ts'
import type { PersonView } from '#social/views.ts'

const read = ['read:accounts']

export const accountOperations = [
  operation('GET /api/v1/accounts/lookup', read, async (call) => {
    const person = await personNamed(call, call.params.text('acct') ?? '', false)
    if (!person) throw notFound('Record not found')
    return (await call.show.accounts([person], true))[0]
  }),
  operation('GET /api/v1/accounts', read, async (call) => {
    const ids = (call.params.texts('id') ?? []).flatMap((id) => numberOf(id) ?? [])
    const people = await call.context.social.app.people(ids.slice(0, 40))
    return await call.show.accounts([...people.values()])
  }),
  operation('GET /api/v1/accounts/search', read, async (call) => searchAccounts(call)),
  operation('GET /api/v1/accounts/{id}', read, async (call) => {
    const person = await personOf(call)
    const id = Number(person.id)
    const numbers = await call.context.social.app.numbers([id], true)
    return accountOf(call, person, numbers.get(id))
  }),
  operation('GET /api/v1/accounts/{id}/statuses', ['read:statuses'], async (call) => {
    const { params, context } = call
    const author = Number((await personOf(call)).id)
    if (params.flag('pinned')) return []
    const tag = params.text('tagged')
    const { items, ...ends } = await context.social.app.posts(
      { of: 'author', author, ...(tag !== undefined && tag !== '' && { tag }) },
      windowOf(call, 20, 40),
      {
        onlyMedia: params.flag('only_media') ?? false,
        withoutReplies: params.flag('exclude_replies') ?? false,
      },
    )
    return paged(call, await call.show.posts(items), ends)
  }),
  ...(['following', 'followers'] as const).map((kind) =>
    operation(`GET /api/v1/accounts/{id}/${kind}`, read, async (call) => {
      const of = Number((await personOf(call)).id)
      const found = await call.context.social.app.tied({ kind, of }, windowOf(call, 40, 80))
      return paged(call, await call.show.accounts(found.items), found)
    }),
  ),
  ...(['featured_tags', 'identity_proofs', 'endorsements'] as const).map((kind) =>
    operation(`GET /api/v1/accounts/{id}/${kind}`, read, async (call) => {
      await personOf(call)
      return []
    }),
  ),
  operation('GET /api/v1/accounts/familiar_followers', ['read:follows'], async ({ params }) =>
    (params.texts('id') ?? [])
      .filter((id) => numberOf(id) !== undefined)
      .map((id) => ({ id, accounts: [] })),
  ),
]

/** The person in the path. @throws HttpError 404 */
export async function personOf({ context, path }: Call, name = 'id'): Promise<PersonView> {
  const id = numberOf(path[name])
  const person = id === undefined ? undefined : (await context.social.app.people([id])).get(id)
  if (!person) throw notFound('Record not found')
  return person
}

/** People by name, native name or address. */
export async function searchAccounts(call: Call) {
  const { context, params } = call
  const words = (params.text('q') ?? '').trim()
  const limit = params.integer('limit', 1, 80) ?? 40
  const offset = params.integer('offset', 0, 10_000) ?? 0
  const following = params.flag('following') ?? false
  if (words === '') return []
  const named =
    offset === 0 ? await personNamed(call, words, params.flag('resolve') ?? false) : undefined
  if (named) return await call.show.accounts([named])
  const plain = words
    .replace(/^@/, '')
    .replace(/_\d+(?:@[\w-]*)?$/, '')
    .replaceAll('_', ' ')
  if (plain === '') return []
  const ids = await context.social.app.searchPeople(plain, { limit, offset, following })
  const people = await context.social.app.people(ids)
  return await call.show.accounts(ids.flatMap((id) => people.get(id) ?? []))
}

/** The person of a name of any form; `resolve` makes a place for one of whom nothing was heard yet. */
async function personNamed(
  call: Call,
  text: string,
  resolve: boolean,
): Promise<PersonView | undefined> {
  const { context, origin } = call
  const { networks, social } = context
  const byId = async (id: number) => (await social.app.people([id])).get(id)
  const id = idInHandle(networks, text)
  if (id !== undefined) return await byId(id)
  const me = await social.me()
  if (isOwnHandle(me, new URL(origin).host, text)) return me
  const ref = refIn(networks, text.trim(), 'person')
  if (!ref) return undefined
  const [known] = (await social.app.peopleByRef([ref])).values()
  if (known || !resolve) return known
  return await byId(await social.app.internPerson(ref))
}
