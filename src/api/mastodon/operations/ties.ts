/** What the person thinks of others: following, blocking, muting. */
import { operation, type Call } from '#api/mastodon/operation.ts'
import { personOf } from '#api/mastodon/operations/accounts.ts'
import { numberOf, paged, windowOf } from '#api/mastodon/paging.ts'
import { invalid } from '#api/mastodon/parameters.ts'

const follows = ['write:follows']
const blocks = ['write:blocks']
const mutes = ['write:mutes']

export const tieOperations = [
  operation('GET /api/v1/accounts/relationships', ['read:follows'], async ({ params, show }) => {
    const ids = (params.texts('id') ?? []).flatMap((id) => numberOf(id) ?? [])
    return await show.relationships(ids)
  }),
  change('follow', follows, ({ context }, id) => context.social.follow(id, true)),
  change('unfollow', follows, ({ context }, id) => context.social.follow(id, false)),
  change('block', blocks, ({ context }, id) => context.social.block(id, true)),
  change('unblock', blocks, ({ context }, id) => context.social.block(id, false)),
  change('mute', mutes, async ({ context, params }, id) => {
    if ((params.integer('duration', 0, Number.MAX_SAFE_INTEGER) ?? 0) > 0) {
      throw invalid('Muting for a limited time is not possible here. Mute without a duration.')
    }
    const me = await context.social.me()
    if (me.id === id) throw invalid('This is yourself.')
    await context.social.app.mute(Number(id), true)
  }),
  change('unmute', mutes, ({ context }, id) => context.social.app.mute(Number(id), false)),
  operation('GET /api/v1/blocks', ['read:blocks'], (call) => tied(call, 'block')),
  operation('GET /api/v1/mutes', ['read:mutes'], (call) => tied(call, 'mute')),
]

function change(
  name: string,
  scopes: readonly string[],
  run: (call: Call, id: string) => Promise<unknown>,
) {
  return operation(`POST /api/v1/accounts/{id}/${name}`, scopes, async (call) => {
    const { id } = await personOf(call)
    await run(call, id)
    return (await call.show.relationships([Number(id)]))[0]
  })
}

async function tied(call: Call, kind: 'block' | 'mute'): Promise<Response> {
  const found = await call.context.social.app.tied({ kind }, windowOf(call, 40, 80))
  const accounts = await call.show.accounts(found.items)
  const items =
    kind === 'mute' ? accounts.map((account) => ({ ...account, mute_expires_at: null })) : accounts
  return paged(call, items, found)
}
