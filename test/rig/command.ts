/** Commands of the program: in this process with captured streams, or as a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { main } from '#cli/main.ts'

/** What a command answered. */
export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs a command in this process; no stream is a terminal unless `terminal` says so. */
export async function runCommand(
  argv: readonly string[],
  options: { readonly stdin?: string; readonly terminal?: boolean } = {},
): Promise<Ran> {
  const stdout = captured(options.terminal)
  const stderr = captured(options.terminal)
  const stdin = Readable.from(options.stdin === undefined ? [] : [options.stdin])
  const code = await main(argv, {}, { stdin, stdout, stderr })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/** A process of the program. Disposing it kills it if it still runs. */
export interface Running extends AsyncDisposable {
  readonly pid: number
  /** Resolves with what was written so far once it matches; rejects when the process ends before. */
  until(pattern: RegExp): Promise<string>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
}

/** Starts a command as a process of its own. */
export function spawnCommand(argv: readonly string[]): Running {
  const program = join(import.meta.dirname, '..', '..', 'bin', 'metalife.ts')
  const child = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  const heard = new EventTarget()
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      output += text
      heard.dispatchEvent(new Event('text'))
    })
  }
  const ended = once(child, 'close').then(([code]: (number | null)[]) => {
    heard.dispatchEvent(new Event('text'))
    return { code: code ?? null, output }
  })
  return {
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    ended,
    async until(pattern) {
      while (!pattern.test(output)) {
        if (child.exitCode !== null)
          throw new Error(`It ended before it said ${pattern}:\n${output}`)
        await once(heard, 'text')
      }
      return output
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}

function captured(terminal = false): PassThrough & { text(): string; isTTY: boolean } {
  const chunks: Buffer[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return Object.assign(stream, {
    isTTY: terminal,
    text: () => Buffer.concat(chunks).toString('utf8'),
  })
}
