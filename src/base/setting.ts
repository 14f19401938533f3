/**
 * One row of the table of settings: it gives the flag (`--name`), the environment variable (`METALIFE_NAME`), the key in
 * the config file, the help text and the row in docs/operating.md.
 */
export type Setting = {
  /** kebab-case, the same everywhere. */
  readonly name: string
  readonly help: string
  /** How the value is written, for help: `PATH`, `NUMBER`, `a|b`. */
  readonly shape: string
  /** The text that stands for the default. */
  readonly default: string
  /** Turns text into the value. @throws Error with a sentence that says what is wrong with the text */
  readonly parse: (text: string) => unknown
  /** Never printed. */
  readonly secret?: boolean
}
