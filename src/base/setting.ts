/**
 * One row of the table of settings: it gives the flag (`--name`), the environment variable (`METALIFE_NAME`), the key in
 * the config file, the help text and the row in docs/operating.md. `T` is what `parse` makes of the text.
 */
export type Setting<T = unknown> = {
  /** kebab-case, the same everywhere. */
  readonly name: string
  readonly help: string
  /** How the value is written, for help: `PATH`, `NUMBER`, `a|b`. */
  readonly shape: string
  /** The text that stands for the default. Empty: there is none, and `parse('')` answers what that means. */
  readonly default: string
  /** Turns text into the value. @throws Error with a sentence that says what is wrong, without repeating the text */
  readonly parse: (text: string) => T
  /** What the flag means when it stands alone: `yes` for a switch. Absent: the flag needs a value. */
  readonly bare?: string
  /** Never printed. */
  readonly secret?: boolean
}

/** The value of one row among the values that were read, with the row's own type. */
export function valueOf<T>(row: Setting<T>, values: Readonly<Record<string, unknown>>): T {
  if (!Object.hasOwn(values, row.name)) throw new Error(`The setting ${row.name} was not read.`)
  return values[row.name] as T
}
