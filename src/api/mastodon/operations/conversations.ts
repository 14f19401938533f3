/** Conversations: private messages by who takes part. */
import { operation, type Call } from '#api/mastodon/operation.ts'
import { numberOf, paged, windowOf } from '#api/mastodon/paging.ts'
import { notFound } from '#http/http-error.ts'
import type { ConversationView } from '#social/views.ts'

const write = ['write:conversations']

export const conversationOperations = [
  operation('GET /api/v1/conversations', ['read:statuses'], async (call) => {
    const { items, ...ends } = await call.context.social.app.conversations(windowOf(call, 20, 40))
    return paged(call, await call.show.conversations(items), ends)
  }),
  operation('DELETE /api/v1/conversations/{id}', write, async (call) => {
    await call.context.social.app.hideConversation(Number((await conversationOf(call)).id))
    return {}
  }),
  operation('POST /api/v1/conversations/{id}/read', write, async (call) => {
    const id = Number((await conversationOf(call)).id)
    await call.context.social.app.markConversationRead(id)
    return (await call.show.conversations([await conversationOf(call)]))[0]
  }),
]

async function conversationOf({ context, path }: Call): Promise<ConversationView> {
  const id = numberOf(path['id'])
  const found =
    id === undefined ? [] : (await context.social.app.conversations({ limit: 1 }, id)).items
  const [conversation] = found
  if (!conversation) throw notFound('Record not found')
  return conversation
}
