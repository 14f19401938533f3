import type { Command } from '#cli/command.ts'
import { version } from '#node/version.ts'

/** `metalife version` */
export const versionCommand: Command = {
  name: 'version',
  operands: '',
  arity: [0, 0],
  summary: 'Show the version',
  async run({ output }) {
    output.result(
      { version, node: process.version },
      () => `metalife ${version} (Node ${process.version})`,
    )
  },
}
