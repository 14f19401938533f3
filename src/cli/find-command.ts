/** From words to the command that they name. */
import type { Command } from '#cli/command.ts'
import { UsageError } from '#cli/usage-error.ts'
import { didYouMean } from '#config/nearest-name.ts'

/** The command at the start of the words, and the words after it. @throws UsageError */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const [first = '', second = ''] = words
  const two = commands.find(({ name }) => name === `${first} ${second}`)
  if (two) return { command: two, rest: words.slice(2) }
  const one = commands.find(({ name }) => name === first)
  if (one) return { command: one, rest: words.slice(1) }
  const below = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name)
  if (first !== '' && below.length > 0) {
    throw new UsageError(`“${first}” needs one more word: ${below.join(', ')}.`)
  }
  const names = commands.map(({ name }) => name)
  throw new UsageError(
    `There is no command “${first}”.${didYouMean(first, names)} “metalife help” shows them all.`,
  )
}
