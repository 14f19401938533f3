import { systemClock } from '#base/clock.ts'
import type { Call, Command } from '#cli/command.ts'
import { askLine, askPassphrase, readText } from '#cli/read-text.ts'
import { UsageError } from '#cli/usage-error.ts'
import { changePassphrase } from '#node/passphrase.ts'

/** `metalife passphrase set | remove` */
export const passphraseCommands: readonly Command[] = [
  {
    name: 'passphrase set',
    operands: '[-]',
    arity: [0, 1],
    summary: 'Lock the keys of this home with a passphrase; “-” reads the new one from stdin',
    details:
      'The node must not be running. The present passphrase is asked for, or read from --passphrase-file.',
    run: (call) => change(call, newPassphrase),
  },
  {
    name: 'passphrase remove',
    operands: '',
    arity: [0, 0],
    summary:
      'Take the passphrase away: whoever can read the home’s files can read everything in it',
    run: (call) => change(call, async () => undefined),
  },
]

async function change(
  call: Call,
  next: (call: Call) => Promise<string | undefined>,
): Promise<void> {
  const { settings, terminal, output, signal } = call
  const current = askPassphrase(terminal, signal, 'Present passphrase')
  const passphrase = await next(call)
  await changePassphrase(settings.values, {
    next: passphrase,
    clock: systemClock(),
    ...(current && { current }),
  })
  const locked = passphrase !== undefined
  output.result({ locked }, () =>
    locked ? 'The passphrase is set.' : 'The passphrase is removed.',
  )
}

async function newPassphrase({ operands, terminal, signal }: Call): Promise<string> {
  const [operand] = operands
  if (operand !== undefined && operand !== '-') {
    throw new UsageError(
      'A passphrase as operand stays in the history of the shell. Run it without, or pipe it and give “-”.',
    )
  }
  if (operand === '-') return await readText('-', terminal)
  const first = await askLine('New passphrase', terminal, true, signal)
  const again = await askLine('Once more', terminal, true, signal)
  if (first !== again) throw new UsageError('The two do not agree. Nothing was changed.')
  return first
}
