/** The shapes of the local API's answers; `views.ts` of the social folder has the same as types. */
import {
  anything,
  flag,
  integer,
  list,
  map,
  number,
  object,
  oneOf,
  optional,
  text,
} from '#http/shape.ts'

const at = number('Milliseconds since 1970')

export const refShape = object({ network: text(), id: text() }, 'Ref')

const person = {
  id: text({ help: 'Stable local id' }),
  ref: refShape,
  handle: text(),
  name: optional(text()),
  about: optional(text()),
  avatar: optional(refShape),
  local: flag(),
} as const

export const personShape = object(person, 'Person')

export const profileShape = object(
  {
    ...person,
    posts: integer(),
    following: integer(),
    followers: integer(),
    followed: flag(),
    blocked: flag(),
    followsBack: flag(),
    stored: integer({ help: 'Bytes of their records here' }),
  },
  'Profile',
)

export const contentShape = object(
  {
    text: object({ format: oneOf('plain', 'markdown', 'html'), body: text() }),
    title: optional(text()),
    warning: optional(text()),
    language: optional(text()),
    mentions: list(object({ ref: refShape, name: optional(text()) })),
    tags: list(text()),
    attachments: list(
      object({
        ref: refShape,
        type: optional(text()),
        name: optional(text()),
        size: optional(number()),
        description: optional(text()),
      }),
    ),
  },
  'Content',
)

export const postShape = object(
  {
    id: text(),
    ref: refShape,
    author: personShape,
    content: contentShape,
    html: text({ help: 'The text as safe HTML' }),
    audience: oneOf('public', 'unlisted', 'followers'),
    at,
    root: optional(text()),
    parent: optional(text()),
    replies: integer(),
    reactions: list(object({ emoji: text(), count: integer(), mine: flag() })),
    provisional: flag('True while its signature is not checked'),
  },
  'Post',
)

export const threadShape = object(
  { root: postShape, replies: list(postShape), missing: list(refShape) },
  'Thread',
)

export const messageShape = object(
  {
    id: text(),
    ref: refShape,
    author: personShape,
    content: contentShape,
    html: text(),
    at,
    conversation: text(),
  },
  'Message',
)

export const conversationShape = object(
  { id: text(), people: list(personShape), last: messageShape, unread: integer() },
  'Conversation',
)

export const deliveryShape = object(
  {
    network: text(),
    state: oneOf('waiting', 'sent', 'retry', 'gone', 'refused', 'unsupported'),
    ref: optional(refShape),
    why: optional(text()),
    retryAt: optional(at),
  },
  'Delivery',
)

export const publishedShape = object(
  { id: optional(text()), deliveries: list(deliveryShape) },
  'Published',
)

const progressShape = object({ what: text(), done: number(), total: optional(number()) })

export const networkShape = object(
  {
    name: text(),
    title: text(),
    abilities: object({
      deeds: list(text()),
      maxText: integer(),
      maxRecipients: integer(),
      maxBlob: integer(),
      canForget: flag(),
      offline: flag(),
    }),
    status: object({
      identity: optional(text()),
      addresses: list(text()),
      peers: list(
        object({
          id: text(),
          address: text(),
          via: text(),
          state: oneOf('connecting', 'connected', 'waiting'),
          since: at,
          received: number(),
          sent: number(),
          error: optional(text()),
        }),
      ),
      progress: list(progressShape),
      readOnly: optional(text()),
      counters: map(number()),
    }),
    actions: list(
      object({
        name: text(),
        help: text(),
        parameters: list(object({ name: text(), help: text(), required: flag() })),
      }),
    ),
  },
  'Network',
)

export const jobShape = object(
  {
    id: text(),
    kind: text(),
    state: oneOf('running', 'done', 'failed', 'cancelled'),
    started: at,
    ended: optional(at),
    progress: optional(progressShape),
    result: optional(anything('What the work found')),
    error: optional(text()),
  },
  'Job',
)

export const statusShape = object(
  {
    version: text(),
    me: personShape,
    networks: list(networkShape),
    jobs: list(jobShape),
  },
  'Status',
)

/** Every shape that has a name. */
export const components = [
  refShape,
  personShape,
  profileShape,
  contentShape,
  postShape,
  threadShape,
  messageShape,
  conversationShape,
  deliveryShape,
  publishedShape,
  networkShape,
  jobShape,
  statusShape,
]
