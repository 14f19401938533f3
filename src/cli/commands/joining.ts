import type { Command } from '#cli/command.ts'
import { needRunning } from '#cli/running-only.ts'
import { UsageError } from '#cli/usage-error.ts'

/** `metalife connect ADDRESS`, `metalife invite accept CODE` */
export const joinCommands: readonly Command[] = [
  join('connect', 'ADDRESS', 'Connect to a peer by its address', 'Connected', 'address'),
  join(
    'invite accept',
    'INVITE',
    'Accept an invite to a server',
    'The invite is accepted',
    'invite',
  ),
]

function join(
  name: string,
  operands: string,
  summary: string,
  done: string,
  wanted: string,
): Command {
  return {
    name,
    operands,
    arity: [1, 1],
    summary,
    async run({ operands: [text = ''], output, connect }) {
      await using client = await connect()
      needRunning(client)
      const found = await client.get<{ items: readonly { what: string }[] }>('/recognise', { text })
      if (!found.items.some(({ what }) => what === wanted)) {
        throw new UsageError(`That is not an ${wanted} of any network that this node speaks.`)
      }
      const answer = await client.send('POST', '/join', { text })
      output.result(answer, () => `${done}.`)
    },
  }
}
