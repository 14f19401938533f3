/** The part of docs/operating.md that is made from the tables of settings. */
import { settingsTable } from '#config/describe-settings.ts'
import { coreSettings } from '#config/settings.ts'
import { networkPlans } from '#node/networks.ts'

const begin = '<!-- settings: made by `npm run docs`, do not edit by hand -->'
const end = '<!-- settings: end -->'

/**
 * A text with fresh tables between its two markers.
 *
 * @throws Error when the text has no markers
 */
export function withSettings(text: string): string {
  const [before, after] = [text.indexOf(begin), text.indexOf(end)]
  if (before < 0 || after < before) throw new Error(`The markers are missing: ${begin} … ${end}`)
  const parts = ['### The node', settingsTable(coreSettings)]
  for (const { title, settings } of networkPlans) {
    parts.push(`### ${title}`, settingsTable(settings))
  }
  return `${text.slice(0, before)}${begin}\n\n${parts.join('\n\n')}\n\n${text.slice(after)}`
}
