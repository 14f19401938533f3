import type { LocalContext } from '#api/local/context.ts'
import { pageAnswer, postAnswer } from '#api/local/answers.ts'
import { personShape, postShape, profileShape, publishedShape } from '#api/local/shapes.ts'
import { name } from '#api/local/writing-shape.ts'
import { badRequest } from '#http/http-error.ts'
import { pageOf, pageQuery } from '#http/paging.ts'
import { route } from '#http/route.ts'
import { flag, object, optional, text } from '#http/shape.ts'

const to = route<LocalContext>()
const params = { person: name }
const onOff = object({ on: flag() })

/** People: who I am, who others are, and what I think of them. */
export const peopleRoutes = [
  to({
    method: 'get',
    path: '/me',
    summary: 'My profile',
    answer: profileShape,
    run: async ({ social }) => await social.profile((await social.me()).id),
  }),
  to({
    method: 'put',
    path: '/me',
    summary: 'Change my name, description or picture; what is left out stays',
    body: object({
      name: optional(text({ min: 1, max: 200 })),
      about: optional(text({ max: 5_000 })),
      avatar: optional(text({ min: 1, max: 1_000, help: 'The name of a blob' })),
    }),
    answer: publishedShape,
    async run({ social, networks }, { body }) {
      const { avatar, ...rest } = body
      if (avatar === undefined) return await social.describe(rest)
      const found = networks
        .map((network) => network.recognise(avatar))
        .find((one) => one?.what === 'blob')
      if (!found)
        throw badRequest('“avatar” names no blob. Upload it first; the answer has its name.')
      return await social.describe({ ...rest, avatar: found.ref })
    },
  }),
  to({
    method: 'get',
    path: '/people/{person}',
    summary: 'A profile',
    params,
    answer: profileShape,
    run: ({ social }, call) => social.profile(call.params.person),
  }),
  to({
    method: 'get',
    path: '/people/{person}/posts',
    summary: 'The posts of a person',
    params,
    query: pageQuery,
    answer: pageOf(postShape),
    run: async ({ social }, call) =>
      pageAnswer(await social.postsOf(call.params.person, call.query), postAnswer),
  }),
  to({
    method: 'get',
    path: '/people/{person}/following',
    summary: 'Whom a person follows',
    params,
    query: pageQuery,
    answer: pageOf(personShape),
    run: ({ social }, call) => social.following(call.params.person, call.query),
  }),
  to({
    method: 'put',
    path: '/people/{person}/follow',
    summary: 'Follow or unfollow a person',
    params,
    body: onOff,
    answer: publishedShape,
    run: ({ social }, call) => social.follow(call.params.person, call.body.on),
  }),
  to({
    method: 'put',
    path: '/people/{person}/block',
    summary: 'Block or unblock a person',
    params,
    body: onOff,
    answer: publishedShape,
    run: ({ social }, call) => social.block(call.params.person, call.body.on),
  }),
]
