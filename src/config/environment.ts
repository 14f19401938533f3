/** Settings from the environment: `METALIFE_` and the name in capitals with underscores. */
import type { Setting } from '#base/setting.ts'
import { didYouMean } from '#config/nearest-name.ts'
import type { Given } from '#config/read-settings.ts'
import { SettingError } from '#config/setting-error.ts'

const prefix = 'METALIFE_'

/** Whether a variable with our prefix is read by tests and benchmarks and is no setting. */
export function isTestVariable(variable: string): boolean {
  return /^METALIFE_(?:VECTORS$|PEERS$|TEST_|BENCH_)/.test(variable)
}

/** The variable of a setting: `log-level` → `METALIFE_LOG_LEVEL`. */
export function environmentName(setting: string): string {
  return prefix + setting.toUpperCase().replaceAll('-', '_')
}

/**
 * The texts that the environment gives; an empty variable is as good as none.
 *
 * @throws SettingError for a variable with our prefix that no row knows
 */
export function readEnvironment(
  rows: readonly Setting[],
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, Given> {
  const names = new Map(rows.map((row) => [environmentName(row.name), row.name]))
  const given = new Map<string, Given>()
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || text === undefined || text === '') continue
    const name = names.get(variable)
    if (name !== undefined) given.set(name, { text, origin: variable })
    else if (!isTestVariable(variable)) throw unknownVariable(variable, [...names.keys()])
  }
  return given
}

function unknownVariable(variable: string, known: readonly string[]): SettingError {
  const name = variable.slice(prefix.length).toLowerCase().replaceAll('_', '-')
  return new SettingError(
    name,
    `The environment variable ${variable} sets nothing: there is no setting ${name}.` +
      `${didYouMean(variable, known)} Unset it, or see --help for the settings that exist.`,
  )
}
