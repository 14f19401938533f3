/** What a command answers: JSON for programs, text for people; colours only where they show. */
import { styleText } from 'node:util'
import type { Terminal } from '#cli/command.ts'

/** A style's name, as `styleText` of node:util knows it. */
export type Style = Parameters<typeof styleText>[0]

/** Writes the answer of a command. */
export interface Output {
  readonly json: boolean
  /** Writes `value` as one line of JSON, or what `text` makes of it. */
  result(value: unknown, text: () => string): void
  /** A line for people on stderr; nothing with `--json`. */
  note(text: string): void
  style(style: Style, text: string): string
}

/** Text for people goes to stdout too: it is the answer. Notes go to stderr. */
export function openOutput({ stdout, stderr, env }: Terminal, json: boolean): Output {
  const colours = stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return {
    json,
    result(value, text) {
      const written = json ? JSON.stringify(value) : text()
      stdout.write(written.endsWith('\n') || written === '' ? written : `${written}\n`)
    },
    note(text) {
      if (!json) stderr.write(`${text}\n`)
    },
    style: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
  }
}
