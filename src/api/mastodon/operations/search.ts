/** Search: people by name, posts by id or address, hashtags by their beginning. */
import { operation, type Call } from '#api/mastodon/operation.ts'
import { searchAccounts } from '#api/mastodon/operations/accounts.ts'
import { numberOf } from '#api/mastodon/paging.ts'
import { refIn } from '#api/mastodon/native-names.ts'
import { NotFoundError } from '#social/errors.ts'

export const searchOperations = [
  operation('GET /api/v2/search', ['read:search'], async (call) => {
    const type = call.params.text('type')
    const wants = (kind: string): boolean => type === undefined || type === '' || type === kind
    return {
      accounts: wants('accounts') ? await searchAccounts(call) : [],
      statuses: wants('statuses') ? await searchStatuses(call) : [],
      hashtags: wants('hashtags') ? await searchTags(call) : [],
    }
  }),
]

async function searchStatuses(call: Call) {
  const { context, params, show } = call
  const words = (params.text('q') ?? '').trim()
  if ((params.integer('offset', 0, 10_000) ?? 0) > 0) return []
  const id = numberOf(words) ?? (await named(call, words))
  return id === undefined ? [] : await show.posts(await context.social.app.postsById([id]))
}

/** A post by its native name or address; private messages are not found. */
async function named({ context }: Call, text: string): Promise<number | undefined> {
  const ref = refIn(context.networks, text, 'post')
  if (!ref) return undefined
  return await context.social.app.findPost(ref.id).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined
    throw error
  })
}

async function searchTags({ context, params, show }: Call) {
  const words = (params.text('q') ?? '').trim()
  const limit = params.integer('limit', 1, 40) ?? 20
  const offset = params.integer('offset', 0, 10_000) ?? 0
  if (!/^#?[\p{L}\p{N}_-]{1,100}$/u.test(words)) return []
  return await show.tags(await context.social.app.searchTags(words, { limit, offset }))
}
