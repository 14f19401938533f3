/** npm, run by a Node of our choice: an old Node makes npm skip native packages that need a newer one. */
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runQuietly } from './child.mjs'
import { isAlive } from './lock.mjs'
import { hintFor, SetUpError } from './set-up-error.mjs'

/**
 * npm's own patience (a minute between tries, for each package) looks like a standstill where there is no network. What was
 * fetched is kept, so the next run goes on from there.
 */
const impatience = [
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=500',
  '--fetch-retry-maxtimeout=1000',
  '--fetch-timeout=60000',
]

/**
 * Runs npm to its end. One that an earlier, killed set-up left running is waited for first.
 *
 * @param {readonly string[]} args
 * @param {{ cwd: string, node: string, log: string, what: string }} options `what` is for the error
 * @throws SetUpError with the end of npm's output and a hint
 */
export async function runNpm(args, { cwd, node, log, what }) {
  const env = environmentFor(node)
  const script = npmScript()
  const [command, first] = script ? [node, [script]] : ['npm', []]
  const shell = !script && process.platform === 'win32'
  const pidFile = join(dirname(log), 'npm.pid')
  await untilGone(pidFile)
  const all = [...first, ...args, ...impatience]
  const started = (pid) => writeFileSync(pidFile, String(pid))
  const { code, output } = await runQuietly(command, all, { cwd, env, log, shell, started })
  rmSync(pidFile, { force: true })
  if (code === 0) return
  if (code === 127) {
    throw new SetUpError(
      'npm was not found. It comes with Node.js (https://nodejs.org); on Debian, "apt-get install npm".',
    )
  }
  const said = output
    .split('\n')
    .filter((line) => /^npm error (?!\s*(?:at |\w+: |[{}]|$))/.test(line))
  const lines = (said.length > 0 ? said : output.trimEnd().split('\n').slice(-12)).slice(0, 12)
  throw new SetUpError(
    `${what} failed (npm ended with ${code}).\n\n${lines.join('\n')}\n\n${hintFor(output)}\nEverything npm said: ${log}`,
  )
}

/** The caller's environment with our Node first, without what an npm around us set for its own script. */
function environmentFor(node) {
  const env = { ...process.env }
  for (const name of Object.keys(env)) {
    if (
      /^npm_(?:package|lifecycle|command|node_execpath|config_(?:local_prefix|omit|include|production))/i.test(
        name,
      )
    )
      delete env[name]
  }
  delete env.NODE_ENV
  env.PATH = dirname(node) + delimiter + (process.env.PATH ?? '')
  return env
}

/** At most a minute: the number may belong to another process by now. */
async function untilGone(pidFile) {
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8'))
  for (let tries = 0; tries < 300 && pid > 0 && isAlive(pid); tries++) await sleep(200)
}

function npmScript() {
  const around = process.env.npm_execpath
  if (around?.endsWith('npm-cli.js') && existsSync(around)) return around
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = folder && join(folder, 'npm')
    if (!found || !existsSync(found)) continue
    const real = realpathSync(found)
    return real.endsWith('.js') ? real : undefined
  }
  return undefined
}
