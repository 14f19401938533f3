import type { Command } from '#cli/command.ts'
import { commandHelp, programHelp } from '#cli/help-text.ts'
import { findCommand } from '#cli/find-command.ts'

/** `metalife help [COMMAND]`; the table is given, since help is part of it. */
export function helpCommand(table: () => readonly Command[]): Command {
  return {
    name: 'help',
    operands: '[COMMAND]',
    arity: [0, 2],
    summary: 'Show the commands and settings, or the help of one command',
    async run({ operands, output }) {
      const commands = table()
      if (operands.length === 0) {
        const list = commands.map(({ name, operands: words, summary }) => ({
          name,
          operands: words,
          summary,
        }))
        return output.result({ commands: list }, () => programHelp(commands))
      }
      const { command } = findCommand(commands, operands)
      const { name, operands: words, summary } = command
      output.result({ name, operands: words, summary }, () => commandHelp(command))
    },
  }
}
