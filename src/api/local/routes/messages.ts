import type { LocalContext } from '#api/local/context.ts'
import { conversationAnswer, messageAnswer, pageAnswer } from '#api/local/answers.ts'
import { conversationShape, messageShape, publishedShape } from '#api/local/shapes.ts'
import { name, writingFields, writingOf } from '#api/local/writing-shape.ts'
import { pageOf, pageQuery } from '#http/paging.ts'
import { route } from '#http/route.ts'
import { list, object, text } from '#http/shape.ts'

const to = route<LocalContext>()

/** Private messages. */
export const messageRoutes = [
  to({
    method: 'get',
    path: '/conversations',
    summary: 'Conversations, the one with the newest message first',
    query: pageQuery,
    answer: pageOf(conversationShape),
    run: async ({ social }, { query }) =>
      pageAnswer(await social.conversations(query), conversationAnswer),
  }),
  to({
    method: 'get',
    path: '/conversations/{conversation}/messages',
    summary: 'The messages of a conversation, newest first',
    params: { conversation: text({ min: 1, max: 1_000 }) },
    query: pageQuery,
    answer: pageOf(messageShape),
    run: async ({ social }, { params, query }) =>
      pageAnswer(await social.messages(params.conversation, query), messageAnswer),
  }),
  to({
    method: 'post',
    path: '/messages',
    summary: 'Write to a few people in private',
    body: object({ ...writingFields, to: list(name, { min: 1, max: 100 }) }),
    answer: publishedShape,
    status: 201,
    async run(context, { body, key }) {
      const { to: people, ...rest } = body
      return await context.social.message(
        people,
        writingOf(context, rest),
        key === undefined ? {} : { key },
      )
    },
  }),
]
