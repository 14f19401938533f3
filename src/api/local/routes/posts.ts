import type { LocalContext } from '#api/local/context.ts'
import { deliveryShape, publishedShape } from '#api/local/shapes.ts'
import { name, writingFields, writingOf } from '#api/local/writing-shape.ts'
import { route } from '#http/route.ts'
import { flag, list, object, optional, text } from '#http/shape.ts'

const to = route<LocalContext>()

/** Publishing; the same `Idempotency-Key` sent twice publishes once. */
export const postRoutes = [
  to({
    method: 'post',
    path: '/posts',
    summary: 'Publish a post, or a reply where replyTo is given',
    body: object({ ...writingFields, replyTo: optional(name) }),
    answer: publishedShape,
    status: 201,
    async run(context, { body, key }) {
      const { replyTo, ...rest } = body
      const writing = writingOf(context, rest)
      const options = key === undefined ? {} : { key }
      if (replyTo === undefined) return await context.social.post(writing, options)
      return await context.social.reply(replyTo, writing, options)
    },
  }),
  to({
    method: 'get',
    path: '/posts/{post}/deliveries',
    summary: 'What became of a post or message of ours in each network',
    params: { post: name },
    answer: object({ items: list(deliveryShape) }),
    run: async ({ social }, { params }) => ({ items: await social.deliveries(params.post) }),
  }),
  to({
    method: 'post',
    path: '/posts/{post}/reactions',
    summary: 'React to a post, or take the reaction back',
    params: { post: name },
    body: object({ emoji: text({ min: 1, max: 32 }), on: flag() }),
    answer: publishedShape,
    run: ({ social }, { params, body }) => social.react(params.post, body.emoji, body.on),
  }),
]
