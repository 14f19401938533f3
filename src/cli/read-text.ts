/** Texts that commands take: from an operand, from stdin where it is `-`, or typed. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { MetaLifeError } from '#base/errors.ts'
import type { Terminal } from '#cli/command.ts'
import { UsageError } from '#cli/usage-error.ts'

/** A person was asked and went away. */
export class NoAnswerError extends MetaLifeError {
  override name = 'NoAnswerError'
}

/** Most bytes that are read from stdin as a text. */
const maxText = 1_048_576

/** The text of an operand; `-` stands for everything on stdin. */
export async function readText(operand: string, { stdin }: Terminal): Promise<string> {
  if (operand !== '-') return operand
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxText) throw new UsageError(`The text on stdin is longer than ${maxText} bytes.`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8').replace(/\n$/, '')
}

/** Asks for a line on the terminal; a secret one is not shown. @throws UsageError where there is no terminal */
export async function askLine(
  question: string,
  { stdin, stderr }: Terminal,
  secret: boolean,
  signal: AbortSignal,
): Promise<string> {
  if (!stdin.isTTY) throw new UsageError(`${question}: there is no terminal to ask on.`)
  stderr.write(`${question}: `)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: secret ? silent : stderr, terminal: true })
  try {
    return await lines.question('', { signal })
  } catch (cause) {
    throw new NoAnswerError('No answer was given, so nothing was done.', { cause })
  } finally {
    lines.close()
    if (secret) stderr.write('\n')
  }
}

/** How a locked home asks for its passphrase; undefined where there is no terminal. */
export function askPassphrase(
  terminal: Terminal,
  signal: AbortSignal,
  question = 'Passphrase of this home',
): (() => Promise<string>) | undefined {
  return terminal.stdin.isTTY ? () => askLine(question, terminal, true, signal) : undefined
}
