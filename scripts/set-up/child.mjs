/** Child processes: run one to its end, with its output shown or kept. Plain JavaScript, because an old Node runs it. */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'

/**
 * Runs a command and keeps its output in a log file.
 *
 * @returns {Promise<{ code: number, output: string }>} exit code (127 when it could not start) and the last 16 kB of output
 */
export function runQuietly(command, args, { cwd, env, log, shell = false, started = () => {} }) {
  return new Promise((resolve) => {
    const file = createWriteStream(log, { flags: 'a' })
    let output = ''
    const keep = (chunk) => {
      file.write(chunk)
      output = (output + chunk).slice(-16_384)
    }
    const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] })
    if (child.pid !== undefined) started(child.pid)
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => keep(`${error.message}\n`))
    const stop = () => {
      child.kill('SIGTERM')
      process.exitCode = 143
    }
    process.once('SIGTERM', stop)
    child.on('close', (code) => {
      process.removeListener('SIGTERM', stop)
      file.end()
      resolve({ code: child.pid === undefined ? 127 : (code ?? 1), output })
    })
  })
}

/**
 * Runs a command in our place: same terminal, signals passed on, the same exit code or signal at the end.
 *
 * A terminal sends Ctrl-C to the child as well as to us, so an interrupt is passed on only where there is no terminal.
 */
export function runInPlace(command, args, { cwd, env }) {
  const child = spawn(command, args, { cwd, env, stdio: 'inherit' })
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  process.on('SIGINT', () => terminal || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => {
    console.error(`${command} could not be started: ${error.message}`)
    process.exitCode = 127
  })
  child.on('close', (code, signal) => {
    if (signal === null) process.exitCode = code
    else {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
  })
}
