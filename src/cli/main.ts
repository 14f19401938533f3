/** The command line: settings, the command, its answer, and the exit code. */
import { MetaLifeError } from '#base/errors.ts'
import { valueOf } from '#base/setting.ts'
import type { Call, Terminal } from '#cli/command.ts'
import { connectTo } from '#cli/connect.ts'
import { findCommand } from '#cli/find-command.ts'
import { commandHelp } from '#cli/help-text.ts'
import { openOutput } from '#cli/output.ts'
import { parseOptions } from '#cli/parse-options.ts'
import { untilStopped } from '#cli/stop-signals.ts'
import { commands } from '#cli/table.ts'
import { loadSettings } from '#config/load-settings.ts'
import { logLevelSetting, type LogLevel } from '#config/settings.ts'
import { startLog } from '#node/log.ts'
import { settingsRows } from '#node/settings.ts'

/** 0: done; 1: it failed; 2: it was written wrongly. */
export type ExitCode = 0 | 1 | 2

/**
 * Runs one command.
 *
 * @param argv without the program's name
 */
export async function main(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  streams: Pick<Terminal, 'stdin' | 'stdout' | 'stderr'> = process,
): Promise<ExitCode> {
  const terminal: Terminal = {
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    env,
  }
  let level: LogLevel = 'info'
  try {
    const settings = loadSettings(settingsRows, { argv, env })
    level = valueOf(logLevelSetting, settings.values)
    const words = settings.rest.length === 0 ? ['help'] : wordsOf(settings.rest)
    const { command, rest } = findCommand(commands, words)
    const parsed = parseOptions(command, rest)
    const output = openOutput(terminal, parsed.options['json'] === true)
    if (parsed.options['help'] === true) {
      terminal.stdout.write(commandHelp(command))
      return 0
    }
    const { json: _json, ...options } = parsed.options
    startLog(
      command.name === 'start' || level === 'debug' || level === 'trace' ? level : 'error',
      terminal.stderr,
    )
    using stop = untilStopped(terminal)
    const { signal } = stop
    const call: Omit<Call, 'connect'> = { ...parsed, options, settings, terminal, output, signal }
    await command.run({ ...call, connect: () => connectTo(call) })
    return 0
  } catch (error) {
    return report(error, level, terminal)
  }
}

/** `metalife --help` and `metalife --version` are commands written as options; options may stand before the command. */
function wordsOf(rest: readonly string[]): readonly string[] {
  const [first] = rest
  if (first === '--help' || first === '-h') return ['help', ...rest.slice(1)]
  if (first === '--version' || first === '-V') return ['version', ...rest.slice(1)]
  return first === '--json' ? [...rest.slice(1), '--json'] : rest
}

function report(error: unknown, level: LogLevel, { stderr }: Terminal): ExitCode {
  const known = error instanceof MetaLifeError
  const verbose = level === 'debug' || level === 'trace'
  const text = error instanceof Error ? error.message : String(error)
  stderr.write(`metalife: ${text}\n`)
  if (verbose && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`)
  else if (!known) stderr.write('This should not have happened. --log-level debug shows more.\n')
  return known ? error.exitCode : 1
}
