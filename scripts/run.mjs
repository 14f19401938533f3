/**
 * Sets the clone up where that is needed, then runs a command with the toolchain's Node.
 *
 * `run.mjs COMMAND …` is `metalife COMMAND …`; `run.mjs --run FILE …` runs a file of the clone; `run.mjs --set-up` only
 * sets up. Plain JavaScript without dependencies, because whatever Node a machine has runs it.
 */
import module from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInPlace } from './set-up/child.mjs'
import { heapFlags } from './set-up/heap-flags.mjs'
import { placesOf, root } from './set-up/places.mjs'
import { setUp } from './set-up/set-up.mjs'

const [first, ...others] = process.argv.slice(2)
try {
  await run()
} catch (error) {
  if (error.name !== 'SetUpError') throw error
  console.error(`\nSetting up did not work. ${error.message}`)
  process.exitCode = 1
}

async function run() {
  const forPeople = first !== '--run' && first !== '--set-up'
  const { node, version } = await setUp(root, {
    production: forPeople && process.env.NODE_ENV === 'production',
  })
  if (first === '--set-up') return
  process.env.NODE_COMPILE_CACHE ??= placesOf(root).compileCache
  const file = join(root, forPeople ? 'bin/metalife.ts' : others[0])
  const args = forPeople ? process.argv.slice(2) : others.slice(1)
  // Flags need a process of their own; short commands start faster without one.
  const flags = first === 'start' ? heapFlags(process.env) : []
  if (process.versions.node !== version || flags.length > 0)
    return runInPlace(node, [...flags, file, ...args], { env: process.env })
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE)
  process.argv.splice(1, process.argv.length, file, ...args)
  await import(pathToFileURL(file).href)
}
