/** Everything a fresh clone needs before a command can run: nothing when it is all there. */
import { mkdirSync } from 'node:fs'
import { dependenciesAreFresh, installDependencies } from './dependencies.mjs'
import { withLock } from './lock.mjs'
import { placesOf } from './places.mjs'
import { installToolchain, toolchainOf } from './toolchain.mjs'

/**
 * Sets up a clone.
 *
 * @param {string} root
 * @param {{ production?: boolean, say?: (line: string) => void }} options
 * @returns {Promise<{ node: string, version: string, installed: boolean }>} the Node to run with
 * @throws SetUpError
 */
export async function setUp(root, options = {}) {
  const places = placesOf(root)
  const say = options.say ?? ((line) => console.error(line))
  const wanted = { production: options.production }
  const toolchain = toolchainOf(places)
  if (isFresh(root, toolchain, wanted)) return answer(toolchain, false)
  mkdirSync(places.toolchain, { recursive: true })
  const onWait = () => say('Another set-up runs in this folder; waiting for it…')
  return withLock(places.lock, onWait, async () => {
    const steps = stepsOf(places, toolchainOf(places), wanted)
    const needed = steps.filter((step) => !step.isFresh())
    if (needed.length > 0) say('Setting up (only when something changed):')
    for (const step of needed) {
      const started = Date.now()
      say(`  ${step.what}…`)
      const patience = setInterval(() => say(`  still at it; what npm says: ${places.log}`), 30_000)
      try {
        await step.run()
      } finally {
        clearInterval(patience)
      }
      say(`  done in ${((Date.now() - started) / 1000).toFixed(1)} s`)
    }
    return answer(toolchain, needed.length > 0)
  })
}

/** In order; each relies on those before it. A step of its own is one more entry here. */
function stepsOf(places, toolchain, wanted) {
  return [
    {
      what: `Node ${toolchain.version} (about 60 MB)`,
      isFresh: () => toolchainOf(places).ready,
      run: () => installToolchain(places, toolchain),
    },
    {
      what: 'packages',
      isFresh: () => dependenciesAreFresh(places.root, toolchain.version, wanted),
      run: () => installDependencies(places.root, toolchain, places.log, wanted),
    },
  ]
}

function isFresh(root, toolchain, wanted) {
  return toolchain.ready && dependenciesAreFresh(root, toolchain.version, wanted)
}

function answer(toolchain, installed) {
  return { node: toolchain.node, version: toolchain.version, installed }
}
