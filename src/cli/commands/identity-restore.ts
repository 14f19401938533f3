import { readFile } from 'node:fs/promises'
import { systemClock } from '#base/clock.ts'
import type { Call, Command } from '#cli/command.ts'
import { askLine, askPassphrase, readText } from '#cli/read-text.ts'
import { UsageError } from '#cli/usage-error.ts'
import { restoreIdentity } from '#node/identity.ts'
import { seedOfSecretFile } from '#node/secret-file.ts'

/** `metalife identity restore [-]` */
export const identityRestoreCommand: Command = {
  name: 'identity restore',
  operands: '[-]',
  arity: [0, 1],
  summary:
    'Put an identity back from its 24 words (asked for, or “-” for stdin), or from a secret file',
  details:
    'A restored identity first asks its peers for its own newest record and does not write before. ' +
    'Words as operands would stay in the history of the shell, so they are not taken.',
  options: {
    'secret-file': { help: 'The secret file of another program', shape: 'PATH' },
    replace: { help: 'Replace the identity of this home; its files are moved aside' },
  },
  async run(call) {
    const { settings, terminal, options, output, signal } = call
    const ask = askPassphrase(terminal, signal)
    const { kept, aside } = await restoreIdentity(settings.values, await sourceOf(call), {
      clock: systemClock(),
      replace: options['replace'] === true,
      ...(ask && { ask }),
    })
    output.result({ restored: kept !== true, aside }, () =>
      [
        kept
          ? 'This home already has this identity. Nothing was changed.'
          : 'The identity is restored. Start it: metalife start',
        ...aside.map((path) => `Moved aside: ${path}`),
      ].join('\n'),
    )
  },
}

async function sourceOf({
  operands,
  options,
  terminal,
  signal,
}: Call): Promise<string | Uint8Array> {
  const [operand] = operands
  const path = options['secret-file']
  if (typeof path === 'string') {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${path} was not read (${error.code ?? error.message}).`)
    })
    const seed = seedOfSecretFile(text)
    if (!seed)
      throw new UsageError(`${path} is not a secret file of a network that this program speaks.`)
    return seed
  }
  if (operand !== undefined && operand !== '-') {
    throw new UsageError(
      'Words as operands stay in the history of the shell. Run it without, or pipe them and give “-”.',
    )
  }
  return operand === '-'
    ? await readText('-', terminal)
    : await askLine('The 24 words', terminal, false, signal)
}
