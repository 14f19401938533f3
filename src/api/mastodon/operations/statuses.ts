/** Posts and private messages, one at a time. */
import { publish } from '#api/mastodon/compose.ts'
import { operation, type Call } from '#api/mastodon/operation.ts'
import { numberOf, paged, windowOf } from '#api/mastodon/paging.ts'
import { invalid } from '#api/mastodon/parameters.ts'
import { refusal } from '#api/mastodon/refusals.ts'
import { notFound } from '#http/http-error.ts'
import type { AddressedMessage } from '#social/app/posts.ts'
import type { PostView } from '#social/views.ts'

const read = ['read:statuses']
const write = ['write:statuses']

type Found = { readonly post: PostView } | { readonly addressed: AddressedMessage }

export const statusOperations = [
  operation('POST /api/v1/statuses', write, async (call) => {
    const id = await publish(call)
    return (await call.show.statusesById([id])).get(id)
  }),
  operation('GET /api/v1/statuses', read, async ({ params, show }) => {
    const ids = (params.texts('id') ?? []).filter((id) => numberOf(id) !== undefined)
    return [...(await show.statusesById(ids.slice(0, 40))).values()]
  }),
  operation('GET /api/v1/statuses/{id}', read, async (call) => shown(call, await statusOf(call))),
  operation('PUT /api/v1/statuses/{id}', write, async (call) => refuseOwn(call, 'edit')),
  operation('DELETE /api/v1/statuses/{id}', write, async (call) => refuseOwn(call, 'delete')),
  operation('GET /api/v1/statuses/{id}/context', read, async (call) => {
    const found = await statusOf(call)
    return 'post' in found ? await threadOf(call, found.post) : await talkOf(call, found.addressed)
  }),
  operation('GET /api/v1/statuses/{id}/source', read, async (call) => {
    const { id, content } = contentOf(await statusOf(call))
    return { id, text: content.text.body, spoiler_text: content.warning ?? '' }
  }),
  operation('GET /api/v1/statuses/{id}/history', read, async (call) => {
    const { content, spoiler_text, sensitive, created_at, account, media_attachments, emojis } =
      (await shown(call, await statusOf(call)))!
    return [{ content, spoiler_text, sensitive, created_at, account, media_attachments, emojis }]
  }),
  react('favourite', true),
  react('unfavourite', false),
  operation('GET /api/v1/statuses/{id}/favourited_by', read, async (call) => {
    const { id } = contentOf(await statusOf(call))
    const { app } = call.context.social
    const { items, ...ends } = await app.reactedBy(Number(id), windowOf(call, 40, 80))
    const people = await app.people(items)
    return paged(
      call,
      await call.show.accounts(items.flatMap((one) => people.get(one) ?? [])),
      ends,
    )
  }),
  bookmark('bookmark', true),
  bookmark('unbookmark', false),
  operation('POST /api/v1/statuses/{id}/reblog', write, async (call) => {
    await statusOf(call)
    throw refusal(call.context.networks, 'share')
  }),
  operation('POST /api/v1/statuses/{id}/unreblog', write, async (call) =>
    shown(call, await statusOf(call)),
  ),
  ...(['reblogged_by', 'quotes'] as const).map((kind) =>
    operation(`GET /api/v1/statuses/{id}/${kind}`, read, async (call) => {
      await statusOf(call)
      return []
    }),
  ),
  ...(['pin', 'unpin'] as const).map((kind) =>
    operation(`POST /api/v1/statuses/{id}/${kind}`, ['write:accounts'], async (call) => {
      await statusOf(call)
      throw invalid('Posts cannot be pinned here yet.')
    }),
  ),
]

async function statusOf({ context, path }: Call): Promise<Found> {
  const id = numberOf(path['id']) ?? -1
  const [post] = await context.social.app.postsById([id])
  if (post) return { post }
  const [addressed] = await context.social.app.messagesById([id])
  if (addressed) return { addressed }
  throw notFound('Record not found')
}

async function shown({ show }: Call, found: Found) {
  const [status] =
    'post' in found ? await show.posts([found.post]) : await show.messages([found.addressed])
  return status
}

function contentOf(found: Found) {
  return 'post' in found ? found.post : found.addressed.message
}

async function refuseOwn(call: Call, deed: 'edit' | 'delete'): Promise<never> {
  const { author } = contentOf(await statusOf(call))
  if (!author.local) throw notFound('Record not found')
  throw refusal(call.context.networks, deed)
}

function react(name: string, on: boolean) {
  return operation(`POST /api/v1/statuses/{id}/${name}`, ['write:favourites'], async (call) => {
    const found = await statusOf(call)
    if ('addressed' in found) throw invalid('Reactions to private messages would be public.')
    await call.context.social.react(found.post.id, '❤', on)
    return await shown(call, await statusOf(call))
  })
}

function bookmark(name: string, on: boolean) {
  return operation(`POST /api/v1/statuses/{id}/${name}`, ['write:bookmarks'], async (call) => {
    const found = await statusOf(call)
    if ('addressed' in found) throw invalid('Private messages cannot be bookmarked.')
    await call.context.social.app.bookmark(Number(found.post.id), on)
    return await shown(call, found)
  })
}

/** What a post answers, oldest first, and what answers it, each answer after what it answers. */
async function threadOf({ context, show }: Call, post: PostView) {
  const { root, replies } = await context.social.thread(post.id)
  const all = new Map([root, ...replies].map((one) => [one.id, one]))
  const ancestors: PostView[] = []
  const seen = new Set([post.id])
  let above = all.get(post.parent ?? '')
  while (above && !seen.has(above.id)) {
    seen.add(above.id)
    ancestors.unshift(above)
    above = all.get(above.parent ?? '')
  }
  const answers = Map.groupBy(replies, ({ parent }) => parent ?? '')
  const descendants: PostView[] = []
  const open = [...(answers.get(post.id) ?? [])].toReversed()
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next.id)) continue
    seen.add(next.id)
    descendants.push(next)
    open.push(...(answers.get(next.id) ?? []).toReversed())
  }
  return { ancestors: await show.posts(ancestors), descendants: await show.posts(descendants) }
}

/** The messages around a message in its conversation. */
async function talkOf({ context, show }: Call, { message }: AddressedMessage) {
  const { app } = context.social
  const conversation = Number(message.conversation)
  const id = Number(message.id)
  const before = await app.messages({ limit: 40, maxId: id }, conversation)
  const after = await app.messages({ limit: 40, minId: id }, conversation)
  return {
    ancestors: await show.messages(before.items.toReversed()),
    descendants: await show.messages(after.items.toReversed()),
  }
}
