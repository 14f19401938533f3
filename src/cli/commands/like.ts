import { segment } from '#cli/client.ts'
import type { Command } from '#cli/command.ts'
import { showPublished } from '#cli/show.ts'
import type { Published } from '#node/answers.ts'

/** `metalife like POST` */
export const likeCommand: Command = {
  name: 'like',
  operands: 'POST',
  arity: [1, 1],
  summary: 'Like a post, or take the like back',
  options: {
    off: { help: 'Take the reaction back' },
    emoji: { help: 'React with something else than ❤', shape: 'EMOJI' },
  },
  async run({ operands: [post = ''], options: { off, emoji = '❤' }, output, connect }) {
    await using client = await connect()
    const body = { emoji, on: off === undefined }
    const done = await client.send<Published>('POST', `/posts/${segment(post)}/reactions`, body)
    output.result(done, () => showPublished(off ? 'Taken back' : 'Liked', done))
  },
}
