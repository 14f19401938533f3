import { randomUUID } from 'node:crypto'
import type { Command } from '#cli/command.ts'
import { readText } from '#cli/read-text.ts'
import { showPublished } from '#cli/show.ts'
import { writingBody, writingOptions } from '#cli/writing.ts'
import type { Published } from '#node/answers.ts'

/** `metalife reply POST TEXT` */
export const replyCommand: Command = {
  name: 'reply',
  operands: 'POST TEXT',
  arity: [2, 2],
  summary: 'Reply to a post; “-” reads the text from stdin',
  options: writingOptions,
  async run({ operands: [replyTo = '', text = ''], options, terminal, output, connect }) {
    const body = { ...writingBody(await readText(text, terminal), options), replyTo }
    await using client = await connect()
    const done = await client.send<Published>('POST', '/posts', body, randomUUID())
    output.result(done, () => showPublished('Published', done))
  },
}
