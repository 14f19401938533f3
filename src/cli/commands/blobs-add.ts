import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Command } from '#cli/command.ts'
import { UsageError } from '#cli/usage-error.ts'
import type { Ref } from '#node/answers.ts'

type Added = { readonly hash: string; readonly size: number; readonly names: readonly Ref[] }

/** `metalife blobs add FILE` */
export const blobsAddCommand: Command = {
  name: 'blobs add',
  operands: 'FILE',
  arity: [1, 1],
  summary: 'Store a file and show its name; “-” reads stdin',
  async run({ operands: [file = ''], terminal, output, connect }) {
    if (file !== '-') await mustBeFile(file)
    await using client = await connect()
    const source = file === '-' ? bytesOf(terminal.stdin) : bytesOf(createReadStream(file))
    const added = (await (await client.request('POST', '/blobs', source)).json()) as Added
    output.result(added, () => added.names[0]?.id ?? added.hash)
  },
}

async function mustBeFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) throw new UsageError(`${path} is not a file that can be read.`)
}

async function* bytesOf(stream: AsyncIterable<string | Buffer>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield new Uint8Array(Buffer.from(chunk))
}
