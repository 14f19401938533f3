import { segment } from '#cli/client.ts'
import type { Command } from '#cli/command.ts'
import { showPost } from '#cli/show.ts'
import type { Thread } from '#node/answers.ts'

/** `metalife thread POST` */
export const threadCommand: Command = {
  name: 'thread',
  operands: 'POST',
  arity: [1, 1],
  summary: 'Show a whole thread, oldest first',
  async run({ operands: [post = ''], output, connect }) {
    await using client = await connect()
    const thread = await client.get<Thread>(`/posts/${segment(post)}/thread`)
    output.result(thread, () => {
      const replies = thread.replies.map((reply) => showPost(reply, output, '  '))
      const missing = thread.missing.length
      const note = missing === 0 ? [] : [`${missing} posts of this thread are not here.`]
      return [showPost(thread.root, output), ...replies, ...note].join('\n\n')
    })
  },
}
