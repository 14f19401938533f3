import { segment } from '#cli/client.ts'
import type { Command } from '#cli/command.ts'
import { showPublished } from '#cli/show.ts'
import type { Published } from '#node/answers.ts'

/** `metalife follow | unfollow | block | unblock PERSON` */
export const tieCommands: readonly Command[] = [
  tie(
    'follow',
    'follow',
    true,
    'Follow a person: their posts come to the home timeline',
    'You follow them',
  ),
  tie('unfollow', 'follow', false, 'Stop following a person', 'You no longer follow them'),
  tie('block', 'block', true, 'Block a person: nothing of theirs is shown or passed on', 'Blocked'),
  tie('unblock', 'block', false, 'Take a block back', 'No longer blocked'),
]

function tie(name: string, path: string, on: boolean, summary: string, done: string): Command {
  return {
    name,
    operands: 'PERSON',
    arity: [1, 1],
    summary,
    async run({ operands: [person = ''], output, connect }) {
      await using client = await connect()
      const answer = await client.send<Published>('PUT', `/people/${segment(person)}/${path}`, {
        on,
      })
      output.result(answer, () => showPublished(done, answer))
    },
  }
}
