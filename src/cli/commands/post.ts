import { randomUUID } from 'node:crypto'
import type { Command } from '#cli/command.ts'
import { readText } from '#cli/read-text.ts'
import { showPublished } from '#cli/show.ts'
import { writingBody, writingOptions } from '#cli/writing.ts'
import type { Published } from '#node/answers.ts'

/** `metalife post TEXT` */
export const postCommand: Command = {
  name: 'post',
  operands: 'TEXT',
  arity: [1, 1],
  summary: 'Publish a post; “-” reads the text from stdin',
  options: writingOptions,
  async run({ operands: [text = ''], options, terminal, output, connect }) {
    const body = writingBody(await readText(text, terminal), options)
    await using client = await connect()
    const done = await client.send<Published>('POST', '/posts', body, randomUUID())
    output.result(done, () => showPublished('Published', done))
  },
}
