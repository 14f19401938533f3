/** The text of help, made from the tables of commands and settings. */
import { settingsHelp } from '#config/describe-settings.ts'
import type { Command, Option } from '#cli/command.ts'
import { settingsRows } from '#node/settings.ts'

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, Option>> = {
  json: { help: 'Answer with one line of JSON' },
  help: { help: 'Show the help of the command' },
}

/** The help of the program. */
export function programHelp(commands: readonly Command[]): string {
  const rows = commands.map(
    ({ name, operands, summary }) => [`${name} ${operands}`.trim(), summary] as const,
  )
  return [
    'MetaLife: one identity, one timeline and one set of conversations over every open social network.',
    '',
    'Usage: metalife COMMAND [SETTINGS]',
    '',
    'Commands:',
    ...columns(rows),
    '',
    'Options of every command:',
    ...columns(optionRows(commonOptions)),
    '',
    'Settings, also METALIFE_NAME in the environment and “name = value” in metalife.conf of the home:',
    settingsHelp(settingsRows),
    '',
    'A person, post or blob is named by its id in its network, by a link, or by the local id that --json shows.',
    '',
  ].join('\n')
}

/** The help of one command. */
export function commandHelp({ name, operands, summary, details, options = {} }: Command): string {
  return [
    `Usage: metalife ${`${name} ${operands}`.trim()} [OPTIONS] [SETTINGS]`,
    '',
    `${summary}.`,
    ...(details === undefined ? [] : ['', details]),
    '',
    'Options:',
    ...columns(optionRows({ ...options, ...commonOptions })),
    '',
    'Settings: metalife help',
    '',
  ].join('\n')
}

function optionRows(
  options: Readonly<Record<string, Option>>,
): readonly (readonly [string, string])[] {
  return Object.entries(options).map(([name, { shape, help }]) => [
    shape === undefined ? `--${name}` : `--${name} ${shape}`,
    help,
  ])
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.min(26, Math.max(...rows.map(([head]) => head.length)))
  return rows.flatMap(([head, text]) =>
    head.length > width
      ? [`  ${head}`, `  ${''.padEnd(width)}  ${text}`]
      : [`  ${head.padEnd(width)}  ${text}`],
  )
}
