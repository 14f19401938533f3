import { open } from 'node:fs/promises'
import { once } from 'node:events'
import { segment } from '#cli/client.ts'
import type { Command } from '#cli/command.ts'
import { UsageError } from '#cli/usage-error.ts'

/** `metalife blobs get BLOB [FILE]` */
export const blobsGetCommand: Command = {
  name: 'blobs get',
  operands: 'BLOB [FILE]',
  arity: [1, 2],
  summary: 'Write a blob to a new file, or to stdout',
  async run({ operands: [blob = '', file], terminal, output, connect }) {
    if (file === undefined && output.json) {
      throw new UsageError('With --json the bytes cannot go to stdout. Name a file.')
    }
    await using client = await connect()
    const answer = await client.request('GET', `/blobs/${segment(blob)}`)
    const body = answer.body ?? new Blob([]).stream()
    if (file === undefined) {
      for await (const chunk of body) {
        if (!terminal.stdout.write(chunk)) await once(terminal.stdout, 'drain')
      }
      return
    }
    const size = await writeNew(file, body)
    output.result({ file, size }, () => `${file}: ${size} bytes`)
  },
}

async function writeNew(path: string, body: AsyncIterable<Uint8Array>): Promise<number> {
  const handle = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' ? 'it is already there' : (error.code ?? error.message)
    throw new UsageError(`${path} was not written: ${why}.`)
  })
  let size = 0
  try {
    for await (const chunk of body) {
      await handle.writeFile(chunk)
      size += chunk.byteLength
    }
  } finally {
    await handle.close()
  }
  return size
}
