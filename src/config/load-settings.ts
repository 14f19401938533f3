/** Finds the config file of a home and reads the settings of every source. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { valueOf, type Setting } from '#base/setting.ts'
import { readConfigText, type ConfigText } from '#config/config-text.ts'
import { readSettings, type Settings, type Sources } from '#config/read-settings.ts'
import { configSetting, homeSetting } from '#config/settings.ts'
import { SettingError } from '#config/setting-error.ts'

/** The config file's name in a home. */
export const configFileName = 'metalife.conf'

/** A config file larger than this is refused, in bytes. */
const maxConfigSize = 1_048_576

/**
 * Reads the settings of a process: flags, environment, and the config file named by `config` or lying in the home.
 *
 * @param rows the core settings and those of every network
 * @throws SettingError
 */
export function loadSettings(rows: readonly Setting[], sources: Omit<Sources, 'file'>): Settings {
  const first = readSettings(rows, sources)
  const named = valueOf(configSetting, first.values)
  const home = valueOf(homeSetting, first.values)
  const file = readFile(named ?? join(home, configFileName), named !== undefined)
  if (!file) return first
  const given = readConfigText(rows, file)
  for (const name of named === undefined ? ['home', 'config'] : ['config']) {
    const where = given.get(name)?.origin
    if (where === undefined) continue
    throw new SettingError(
      name,
      `The setting ${name} cannot stand in this file (${where}). Give it as --${name}.`,
    )
  }
  return readSettings(rows, { ...sources, file })
}

function readFile(path: string, mustExist: boolean): ConfigText | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    if (text.length <= maxConfigSize) return { path, text }
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (absent && !mustExist) return undefined
    const why = absent ? 'it does not exist' : `it cannot be read (${String(error)})`
    throw new SettingError('config', `The config file ${path} was not read: ${why}.`, {
      cause: error,
    })
  }
  throw new SettingError('config', `The config file ${path} is larger than ${maxConfigSize} bytes.`)
}
