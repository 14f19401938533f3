import type { Command } from '#cli/command.ts'
import { askPassphrase } from '#cli/read-text.ts'
import { UsageError } from '#cli/usage-error.ts'
import { identityWords } from '#node/identity.ts'

/** `metalife identity words` */
export const identityWordsCommand: Command = {
  name: 'identity words',
  operands: '',
  arity: [0, 0],
  summary: 'Show the 24 words that restore this identity anywhere',
  details: 'Whoever has the words is you. Write them on paper; do not photograph or send them.',
  options: { yes: { help: 'Write them although the output is not a terminal' } },
  async run({ settings, terminal, options, output, signal }) {
    if (!terminal.stdout.isTTY && options['yes'] === undefined) {
      throw new UsageError(
        'The words would go into a file or another program. If you want that, add --yes.',
      )
    }
    const words = await identityWords(settings.values, askPassphrase(terminal, signal))
    output.result({ words: words.split(' ') }, () => grid(words.split(' ')))
  },
}

function grid(words: readonly string[]): string {
  const cell = (index: number): string =>
    `${String(index + 1).padStart(2)} ${words[index] ?? ''}`.padEnd(15)
  return Array.from({ length: 6 }, (_, row) =>
    [0, 6, 12, 18]
      .map((column) => cell(row + column))
      .join(' ')
      .trimEnd(),
  ).join('\n')
}
