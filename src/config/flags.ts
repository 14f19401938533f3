/** The flags of settings: `--name value`, `--name=value`, and for switches `--name`, `--no-name` and `--name no`. */
import type { Setting } from '#base/setting.ts'
import { didYouMean } from '#config/nearest-name.ts'
import type { Given } from '#config/read-settings.ts'
import { SettingError } from '#config/setting-error.ts'

/**
 * Takes the flags of the given rows out of argv; everything else stays in its order in `rest`, and all after `--`.
 *
 * @throws SettingError when a flag lacks its value or is given twice
 */
export function readFlags(
  rows: readonly Setting[],
  argv: readonly string[],
): { readonly given: ReadonlyMap<string, Given>; readonly rest: readonly string[] } {
  const known = new Map(rows.map((row) => [row.name, row]))
  const given = new Map<string, Given>()
  const rest: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? ''
    if (argument === '--') return { given, rest: [...rest, ...argv.slice(at)] }
    const flag = matchFlag(known, argument)
    if (!flag) {
      rest.push(argument)
      continue
    }
    const { row, origin } = flag
    if (given.has(row.name)) {
      throw new SettingError(
        row.name,
        `The setting ${row.name} is given twice (${origin}). Give it once.`,
      )
    }
    let text = flag.text
    if (flag.alone && text !== undefined && isValue(row, argv[at + 1])) text = argv[++at]
    if (text === undefined) {
      text = argv[++at]
      if (text === undefined || text === '--' || matchFlag(known, text)) {
        throw new SettingError(row.name, `${origin} needs a value: ${origin} ${row.shape}.`)
      }
    }
    given.set(row.name, { text, origin })
  }
  return { given, rest }
}

/**
 * For a command that has taken its own options out of `rest`: refuses what is left and looks like a flag.
 *
 * @throws SettingError that names the flag and the nearest known one
 */
export function refuseUnknownFlags(rows: readonly Setting[], rest: readonly string[]): void {
  for (const argument of rest) {
    if (argument === '--') return
    if (!/^--?[a-z]/i.test(argument)) continue
    const flag = argument.split('=', 1)[0] ?? argument
    const name = flag.replace(/^-+/, '')
    const names = rows.map((row) => row.name)
    const hint = didYouMean(name, names, (nearest) => `--${nearest}`)
    throw new SettingError(
      name,
      `There is no setting ${flag}.${hint} See --help for those that exist.`,
    )
  }
}

function matchFlag(
  known: ReadonlyMap<string, Setting>,
  argument: string,
):
  | {
      readonly row: Setting
      readonly origin: string
      readonly text: string | undefined
      /** True for `--name` without a value of its own. */
      readonly alone: boolean
    }
  | undefined {
  if (!argument.startsWith('--')) return undefined
  const equals = argument.indexOf('=')
  const name = argument.slice(2, equals < 0 ? undefined : equals)
  const row = known.get(name)
  if (row) {
    const alone = equals < 0
    return { row, origin: `--${name}`, text: alone ? row.bare : argument.slice(equals + 1), alone }
  }
  const opposite = name.startsWith('no-') && equals < 0 ? known.get(name.slice(3)) : undefined
  return opposite?.bare === 'yes'
    ? { row: opposite, origin: `--${name}`, text: 'no', alone: false }
    : undefined
}

/** True when a switch is followed by what people write after one: `--lan no`. */
function isValue(row: Setting, next: string | undefined): boolean {
  if (next === undefined || next === '' || next.startsWith('-')) return false
  try {
    row.parse(next)
    return true
  } catch {
    return false
  }
}
