import type { Command } from '#cli/command.ts'
import { runJob } from '#cli/run-job.ts'
import { showResult } from '#cli/show-result.ts'

/** `metalife reindex` */
export const reindexCommand: Command = {
  name: 'reindex',
  operands: '',
  arity: [0, 0],
  summary: 'Build every index anew from the stored records',
  async run(call) {
    await using client = await call.connect()
    const { result = {} } = await runJob(client, 'reindex', undefined, call)
    call.output.result(result, () => showResult('Done', result))
  },
}
