/** Reads the values of a table of settings: a flag beats the environment, that beats the file, that beats the default. */
import type { Setting } from '#base/setting.ts'
import { environmentName, readEnvironment } from '#config/environment.ts'
import { readFlags } from '#config/flags.ts'
import { readConfigText, type ConfigText } from '#config/config-text.ts'
import { SettingError } from '#config/setting-error.ts'

/** Where settings may come from. */
export type Sources = {
  /** Arguments without the program's name; settings' flags may stand anywhere before a `--`. */
  readonly argv?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly file?: ConfigText
}

/** Settings as they were read. */
export type Settings = {
  /** One value for each row, by the row's name; `valueOf(row, values)` gives it with its type. */
  readonly values: Readonly<Record<string, unknown>>
  /** The words that say where each value came from: `--port`, `METALIFE_PORT`, `FILE line 3`, `the default`. */
  readonly origins: Readonly<Record<string, string>>
  /** What is left of argv in its order: commands, their options and their operands. */
  readonly rest: readonly string[]
}

/** A text for a setting and the words that say where it stood. */
export type Given = { readonly text: string; readonly origin: string }

/**
 * Reads every row.
 *
 * Flags that no row knows stay in `rest` for the command; see `refuseUnknownFlags`.
 *
 * @throws SettingError for an unknown key in the file or the environment, a flag without its value, or a malformed value
 */
export function readSettings(rows: readonly Setting[], sources: Sources): Settings {
  const flags = readFlags(rows, sources.argv ?? [])
  const environment = readEnvironment(rows, sources.env ?? {})
  const file = sources.file ? readConfigText(rows, sources.file) : new Map<string, Given>()
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  for (const row of rows) {
    const given = flags.given.get(row.name) ?? environment.get(row.name) ?? file.get(row.name)
    values[row.name] = parseSetting(row, given ?? { text: row.default, origin: 'the default' })
    origins[row.name] = given?.origin ?? 'the default'
  }
  return { values, origins, rest: flags.rest }
}

function parseSetting(row: Setting, given: Given): unknown {
  try {
    return row.parse(given.text)
  } catch (error) {
    const what = row.secret ? `it is not understood` : `"${given.text}" does not fit`
    const why = row.secret || !(error instanceof Error) ? '' : `: ${error.message}`
    throw new SettingError(
      row.name,
      `The setting ${row.name} (from ${given.origin}) is wrong: ${what}${why}. ` +
        `Give --${row.name} ${row.shape} or ${environmentName(row.name)}=${row.shape}.`,
      row.secret ? undefined : { cause: error },
    )
  }
}
