/** The options of everything that is written, and the body that they make. */
import type { Option } from '#cli/command.ts'

export const writingOptions: Readonly<Record<string, Option>> = {
  warning: { help: 'Content warning that is shown instead of the text', shape: 'TEXT' },
  language: { help: 'Language of the text', shape: 'TAG' },
}

/** The body of a request that writes. */
export function writingBody(
  text: string,
  options: Readonly<Record<string, string | true>>,
): Record<string, unknown> {
  const { warning, language } = options
  return {
    text,
    ...(warning !== undefined && { warning }),
    ...(language !== undefined && { language }),
  }
}
