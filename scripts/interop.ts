/**
 * `npm run test:interop`: our node against the programs of others.
 *
 * They are packages of their own below test/interop, so that a plain install brings none of them; each is installed here
 * when it is missing or its lockfile changed.
 */
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runSuite } from './node-test.ts'
import { dependenciesAreFresh, installDependencies } from './set-up/dependencies.mjs'
import { placesOf, root } from './set-up/places.mjs'

const files = ['test/interop/**/*.test.ts']
const exclude = (name: string): boolean => name.includes('node_modules')
if (globSync(files, { cwd: root, exclude }).length === 0) {
  console.log('Interoperability suites: there is none yet (test/interop has no test file).')
} else {
  await installPeers()
  runSuite(
    { title: 'Interoperability suites', files, concurrency: 1, timeout: 300_000 },
    process.argv.slice(2),
  )
}

/** A peer that cannot be installed is said aloud; its suites decide whether they can run without. */
async function installPeers(): Promise<void> {
  const toolchain = { node: process.execPath, version: process.versions.node }
  for (const lockfile of globSync('test/interop/{.,*}/package-lock.json', { cwd: root, exclude })) {
    const folder = join(root, dirname(lockfile))
    if (dependenciesAreFresh(folder, toolchain.version)) continue
    console.error(`Installing the peers of ${dirname(lockfile)}…`)
    try {
      await installDependencies(folder, toolchain, placesOf(root).log)
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
    }
  }
}
