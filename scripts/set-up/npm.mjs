/** npm, run by a Node of our choice: an old Node makes npm skip native packages that need a newer one. */
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { runQuietly } from './child.mjs'
import { hintFor, SetUpError } from './set-up-error.mjs'

/**
 * Runs npm to its end.
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
  const { code, output } = await runQuietly(command, [...first, ...args], { cwd, env, log, shell })
  if (code === 0) return
  if (code === 127) {
    throw new SetUpError(
      'npm was not found. It comes with Node.js (https://nodejs.org); on Debian, "apt-get install npm".',
    )
  }
  const said = output.split('\n').filter((line) => /^npm error ./.test(line))
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
