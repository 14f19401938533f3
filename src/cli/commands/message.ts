import { randomUUID } from 'node:crypto'
import type { Command } from '#cli/command.ts'
import { readText } from '#cli/read-text.ts'
import { showPublished } from '#cli/show.ts'
import { writingBody, writingOptions } from '#cli/writing.ts'
import type { Published } from '#node/answers.ts'

/** `metalife message PERSON… TEXT` */
export const messageCommand: Command = {
  name: 'message',
  operands: 'PERSON… TEXT',
  arity: [2, 101],
  summary: 'Write to a few people in private; “-” reads the text from stdin',
  options: writingOptions,
  async run({ operands, options, terminal, output, connect }) {
    const text = await readText(operands.at(-1) ?? '', terminal)
    const body = { ...writingBody(text, options), to: operands.slice(0, -1) }
    await using client = await connect()
    const done = await client.send<Published>('POST', '/messages', body, randomUUID())
    output.result(done, () => showPublished('Sent', done))
  },
}
