/** The options of commands that show lists. */
import type { Option } from '#cli/command.ts'

export const pageOptions: Readonly<Record<string, Option>> = {
  limit: { help: 'How many, at most 100', shape: 'NUMBER' },
  after: { help: 'Go on after a page before, as it says', shape: 'MARK' },
}

/** The query of a list. */
export function pageQuery(
  options: Readonly<Record<string, string | true>>,
): Record<string, string | undefined> {
  return { limit: textOf(options['limit']), after: textOf(options['after']) }
}

function textOf(option: string | true | undefined): string | undefined {
  return typeof option === 'string' ? option : undefined
}
