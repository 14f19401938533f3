/** What a command is: its words, its help and what it does. */
import type { Settings } from '#config/read-settings.ts'
import type { NodeClient } from '#cli/client.ts'
import type { Output } from '#cli/output.ts'

/** Where a command reads and writes. */
export type Terminal = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** One option of a command; without a shape it is a switch. */
export type Option = { readonly help: string; readonly shape?: string }

/** A command as it was called. */
export type Call = {
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, string | true>>
  readonly settings: Settings
  readonly terminal: Terminal
  readonly output: Output
  /** Ends on Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal
  /** The running node, or the home opened by this process where none runs. */
  readonly connect: () => Promise<NodeClient>
}

/** A command of the program. */
export type Command = {
  /** One or two words. */
  readonly name: string
  /** Operands as help writes them: `TEXT`, `[PERSON]`, `TO… TEXT`. */
  readonly operands: string
  /** The least and the most operands. */
  readonly arity: readonly [number, number]
  /** One line. */
  readonly summary: string
  /** More, for `--help` of the command. */
  readonly details?: string
  readonly options?: Readonly<Record<string, Option>>
  readonly run: (call: Call) => Promise<void>
}
