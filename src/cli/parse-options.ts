/** Options and operands of one command. */
import { parseArgs } from 'node:util'
import { commonOptions } from '#cli/help-text.ts'
import type { Command } from '#cli/command.ts'
import { UsageError } from '#cli/usage-error.ts'
import { didYouMean } from '#config/nearest-name.ts'
import { settingsRows } from '#node/settings.ts'

/** What was given to a command. */
export type Parsed = {
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, string | true>>
}

/** @throws UsageError for an unknown option, a missing value, or too few or too many operands */
export function parseOptions(command: Command, words: readonly string[]): Parsed {
  const known = { ...command.options, ...commonOptions }
  const { values, positionals, tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      Object.entries(known).map(([name, { shape }]) => [
        name,
        { type: shape === undefined ? ('boolean' as const) : ('string' as const) },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const options: Record<string, string | true> = {}
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined
    const value = values[token.name]
    if (!option) throw unknown(token.rawName, command, Object.keys(known))
    if (option.shape === undefined && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value.`)
    }
    if (option.shape !== undefined && typeof value !== 'string') {
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.shape}.`)
    }
    options[token.name] = typeof value === 'string' ? value : true
  }
  const [least, most] = command.arity
  const helps = options['help'] === true
  if (!helps && (positionals.length < least || positionals.length > most)) {
    throw new UsageError(
      `“${command.name}” is written: metalife ${`${command.name} ${command.operands}`.trim()}`,
    )
  }
  return { operands: positionals, options }
}

function unknown(flag: string, command: Command, options: readonly string[]): UsageError {
  const names = [...options, ...settingsRows.map(({ name }) => name)]
  const hint = didYouMean(flag.replace(/^-+/, ''), names, (name) => `--${name}`)
  return new UsageError(
    `“${command.name}” has no option ${flag}.${hint} See: metalife help ${command.name}`,
  )
}
