/** The packages that the lockfile names, installed with the toolchain's Node. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runNpm } from './npm.mjs'
import { SetUpError } from './set-up-error.mjs'

/**
 * Whether a folder's node_modules is what its lockfile says. The stamp lies in node_modules and is written last and
 * the folder is emptied first, so a half-finished install has none.
 *
 * @param {string} folder holds package.json and package-lock.json
 * @param {string} nodeVersion the Node it is installed with
 * @param {{ production?: boolean }} wanted `production`: the packages that only development needs may be missing
 */
export function dependenciesAreFresh(folder, nodeVersion, wanted = {}) {
  const stamp = join(folder, 'node_modules', '.metalife-stamp')
  if (!existsSync(stamp)) return false
  const found = readFileSync(stamp, 'utf8')
  const full = fingerprint(folder, nodeVersion)
  return found === full || (wanted.production === true && found === `${full} production`)
}

/**
 * Installs what the lockfile names, from nothing.
 *
 * `npm ci` is not it: a lockfile made where the registry lacks the optional native packages of other platforms does not
 * list those, and npm 11 then refuses it on every platform. An install that saves nothing takes all that is locked as it
 * is locked, and looks up only what is missing.
 *
 * @throws SetUpError
 */
export async function installDependencies(folder, toolchain, log, wanted = {}) {
  checkAgreement(folder)
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  const kinds = [wanted.production ? '--omit=dev' : '--include=dev', '--include=optional']
  await runNpm(['install', '--no-save', ...kinds], {
    cwd: folder,
    node: toolchain.node,
    log,
    what: 'Installing the packages',
  })
  const stamp = fingerprint(folder, toolchain.version) + (wanted.production ? ' production' : '')
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  writeFileSync(join(folder, 'node_modules', '.metalife-stamp'), stamp)
}

function checkAgreement(folder) {
  const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
  const wanted = read('package.json')
  const locked = read('package-lock.json').packages['']
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries({ ...locked[kind], ...wanted[kind] })) {
      if (locked[kind]?.[name] === version && wanted[kind]?.[name] === version) continue
      throw new SetUpError(
        `package.json and package-lock.json in ${folder} do not agree about ${name}. ` +
          'Run "npm install" there with the Node in .toolchain first on PATH, and commit the lockfile.',
      )
    }
  }
}

function fingerprint(folder, nodeVersion) {
  const hash = createHash('sha256')
  hash.update(readFileSync(join(folder, 'package-lock.json')))
  hash.update(`${nodeVersion} ${process.platform} ${process.arch}`)
  return hash.digest('hex')
}
