import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dependenciesAreFresh, installDependencies } from './dependencies.mjs'

const toolchain = { node: process.execPath, version: process.versions.node }

/** A package that depends on one folder beside it, so that installing asks no registry. */
function tree(): Disposable & {
  readonly path: string
  readonly log: string
  write(name: string, value: unknown): void
} {
  const path = mkdtempSync(join(tmpdir(), 'metalife-set-up-'))
  const write = (name: string, value: unknown): void =>
    writeFileSync(join(path, name), JSON.stringify(value))
  mkdirSync(join(path, 'dep'))
  write('dep/package.json', { name: 'dep', version: '1.0.0' })
  const own = { name: 'own', dependencies: { dep: 'file:dep' } }
  write('package.json', own)
  const packages = {
    '': own,
    dep: { version: '1.0.0' },
    'node_modules/dep': { resolved: 'dep', link: true },
  }
  write('package-lock.json', { name: 'own', lockfileVersion: 3, requires: true, packages })
  return {
    path,
    log: join(path, 'log'),
    write,
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  }
}

test('installs what the lockfile says, and again when it changed or was left half done', async () => {
  using own = tree()
  assert.equal(dependenciesAreFresh(own.path, toolchain.version), false)
  await installDependencies(own.path, toolchain, own.log)
  assert.equal(dependenciesAreFresh(own.path, toolchain.version), true)
  assert.equal(dependenciesAreFresh(own.path, '99.0.0'), false)

  rmSync(join(own.path, 'node_modules', '.metalife-stamp'))
  writeFileSync(join(own.path, 'node_modules', 'left-over'), '')
  assert.equal(dependenciesAreFresh(own.path, toolchain.version), false)
  await installDependencies(own.path, toolchain, own.log)
  assert.equal(dependenciesAreFresh(own.path, toolchain.version), true)

  own.write('package-lock.json', {})
  assert.equal(dependenciesAreFresh(own.path, toolchain.version), false)
})

test('does not take an installation for production for a whole one', async () => {
  using own = tree()
  await installDependencies(own.path, toolchain, own.log, { production: true })
  assert.equal(dependenciesAreFresh(own.path, toolchain.version, { production: true }), true)
  assert.equal(dependenciesAreFresh(own.path, toolchain.version), false)
})

test('refuses a lockfile that does not agree with package.json, and names what differs', async () => {
  using own = tree()
  own.write('package.json', { name: 'own', dependencies: { dep: 'file:dep', other: '1.0.0' } })
  const install = installDependencies(own.path, toolchain, own.log)
  await assert.rejects(install, { name: 'SetUpError', message: /do not agree about other/ })
})
