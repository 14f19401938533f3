import { resolve } from 'node:path'
import type { Command } from '#cli/command.ts'
import { runJob } from '#cli/run-job.ts'
import { showResult } from '#cli/show-result.ts'

/** `metalife import PATH`, `metalife export PATH` */
export const archiveCommands: readonly Command[] = [
  archive(
    'import',
    'Read an archive: a dump with one message a line, or the folder of another program',
  ),
  archive('export', 'Write everything of a network into a new file, one message a line'),
]

function archive(name: 'import' | 'export', summary: string): Command {
  return {
    name,
    operands: 'PATH',
    arity: [1, 1],
    summary,
    options: { network: { help: 'Which network, where several could take it', shape: 'NAME' } },
    async run(call) {
      const { operands, options, output, connect } = call
      const [path = ''] = operands
      await using client = await connect()
      const body = { path: resolve(path), ...options }
      const { result = {} } = await runJob(client, name, body, call)
      output.result(result, () => showResult(name === 'import' ? 'Imported' : 'Exported', result))
    },
  }
}
