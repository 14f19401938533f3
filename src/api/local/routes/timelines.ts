import type { LocalContext } from '#api/local/context.ts'
import { pageAnswer, postAnswer } from '#api/local/answers.ts'
import { postShape, publishedShape, threadShape } from '#api/local/shapes.ts'
import { name } from '#api/local/writing-shape.ts'
import { pageOf, pageQuery } from '#http/paging.ts'
import { route } from '#http/route.ts'
import { flag, object, text } from '#http/shape.ts'

const to = route<LocalContext>()
const posts = pageOf(postShape)
const tag = text({ min: 1, max: 200, help: 'A hashtag without #' })

/** Lists of posts, newest first. */
export const timelineRoutes = [
  to({
    method: 'get',
    path: '/timelines/home',
    summary: 'Posts of the people I follow and mine',
    query: pageQuery,
    answer: posts,
    run: async ({ social }, { query }) => pageAnswer(await social.home(query), postAnswer),
  }),
  to({
    method: 'get',
    path: '/timelines/all',
    summary: 'Every public post that is here',
    query: pageQuery,
    answer: posts,
    run: async ({ social }, { query }) => pageAnswer(await social.all(query), postAnswer),
  }),
  to({
    method: 'get',
    path: '/timelines/tags/{tag}',
    summary: 'Posts with a hashtag',
    params: { tag },
    query: pageQuery,
    answer: posts,
    run: async ({ social }, { params, query }) =>
      pageAnswer(await social.tagged(params.tag, query), postAnswer),
  }),
  to({
    method: 'put',
    path: '/tags/{tag}/subscription',
    summary: 'Read a hashtag, or stop',
    params: { tag },
    body: object({ on: flag() }),
    answer: publishedShape,
    run: ({ social }, { params, body }) => social.subscribe(params.tag, body.on),
  }),
  to({
    method: 'get',
    path: '/posts/{post}/thread',
    summary: 'A whole thread, oldest first',
    params: { post: name },
    answer: threadShape,
    async run({ social }, { params }) {
      const thread = await social.thread(params.post)
      return { ...thread, root: postAnswer(thread.root), replies: thread.replies.map(postAnswer) }
    },
  }),
]
