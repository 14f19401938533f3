/** The config file: a line is `name = value`, empty, or a comment that starts with `#`. */
import type { Setting } from '#base/setting.ts'
import { didYouMean } from '#config/nearest-name.ts'
import type { Given } from '#config/read-settings.ts'
import { SettingError } from '#config/setting-error.ts'

/** A config file that was read. */
export type ConfigText = { readonly path: string; readonly text: string }

/**
 * The texts that the file gives. A value is the rest of its line without the space around it, so it may hold `#` and `=`.
 *
 * @throws SettingError, with the line, for a line of another form, an unknown name or one that stands twice
 */
export function readConfigText(
  rows: readonly Setting[],
  file: ConfigText,
): ReadonlyMap<string, Given> {
  const names = rows.map((row) => row.name)
  const given = new Map<string, Given>()
  for (const [index, line] of file.text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const origin = `${file.path} line ${index + 1}`
    const equals = line.indexOf('=')
    const name = line.slice(0, Math.max(0, equals)).trim()
    if (name === '') throw malformedLine(origin)
    if (!names.includes(name)) {
      throw new SettingError(
        name,
        `There is no setting ${name} (${origin}).${didYouMean(name, names)}`,
      )
    }
    const earlier = given.get(name)
    if (earlier)
      throw new SettingError(
        name,
        `The setting ${name} stands twice: ${earlier.origin} and ${origin}.`,
      )
    given.set(name, { text: line.slice(equals + 1).trim(), origin })
  }
  return given
}

function malformedLine(origin: string): SettingError {
  return new SettingError(
    'config',
    `${origin} is not understood. A line is "name = value", empty, or starts with #.`,
  )
}
