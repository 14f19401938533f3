/** From views to what the local API answers. */
import type { Json } from '#base/json.ts'
import { renderText } from '#api/local/render-text.ts'
import type { LocalNetwork } from '#api/local/ports.ts'
import type { ConversationView, MessageView, Page, PostView } from '#social/views.ts'

/** A post with its text as HTML. */
export function postAnswer(post: PostView) {
  return { ...post, html: renderText(post.content.text) }
}

/** A private message with its text as HTML. */
export function messageAnswer(message: MessageView) {
  return { ...message, html: renderText(message.content.text) }
}

/** A conversation with its last message. */
export function conversationAnswer(conversation: ConversationView) {
  return { ...conversation, last: messageAnswer(conversation.last) }
}

/** A page with every item changed by `answer`. */
export function pageAnswer<T, A>(page: Page<T>, answer: (item: T) => A): Page<A> {
  return { ...page, items: page.items.map(answer) }
}

/** A network: what it can carry, how it is, and what can be asked of it. */
export function networkAnswer(network: LocalNetwork): Json {
  const { name, title, abilities } = network
  const actions = Object.entries(network.actions).map(([action, { help, parameters }]) => ({
    name: action,
    help,
    parameters: Object.entries(parameters).map(([parameter, rest]) => ({
      name: parameter,
      ...rest,
    })),
  }))
  const status: Json = JSON.parse(JSON.stringify(network.status()))
  return { name, title, abilities: { ...abilities, deeds: [...abilities.deeds] }, status, actions }
}
