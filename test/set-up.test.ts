/** The launchers: arguments, exit codes and signals reach the command, and a set-up that is done costs nothing. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const run = join(root, 'scripts', 'run.mjs')
const child = pathToFileURL(join(root, 'scripts', 'set-up', 'child.mjs')).href

/** A script in a folder of its own, given to `run.mjs --run` by its path from the clone. */
function script(text: string): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'metalife-run-'))
  writeFileSync(join(folder, 'script.mjs'), text)
  return {
    path: relative(root, join(folder, 'script.mjs')),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

test('does nothing when everything is set up', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [run, '--set-up'], {
    encoding: 'utf8',
  })
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
})

test('hands arguments on as they are, and the exit code back', () => {
  using echo = script('console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7')
  const args = ['--help', 'two words', '', '--x=1', '--', '$HOME']
  const { status, stdout } = spawnSync(process.execPath, [run, '--run', echo.path, ...args], {
    encoding: 'utf8',
  })
  assert.deepEqual(JSON.parse(stdout), args)
  assert.equal(status, 7)
})

test('keeps compiled code for the next start', () => {
  using show = script('console.log(process.env.NODE_COMPILE_CACHE)')
  const env = { ...process.env }
  delete env['NODE_COMPILE_CACHE']
  const { stdout } = spawnSync(process.execPath, [run, '--run', show.path], {
    encoding: 'utf8',
    env,
  })
  assert.equal(stdout.trim(), join(root, '.cache', 'compile'))
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`passes ${signal} on to the command and ends as it ends`, async () => {
    using waiting = script(
      `process.on('${signal}', () => process.exit(42)); setInterval(() => {}, 1000); console.log('ready')`,
    )
    const launch = `import { runInPlace } from '${child}'
      runInPlace(process.execPath, [${JSON.stringify(join(root, waiting.path))}], { env: process.env })`
    const launcher = spawn(process.execPath, ['--input-type=module', '-e', launch], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    await once(launcher.stdout, 'data')
    launcher.kill(signal)
    assert.deepEqual(await once(launcher, 'exit'), [42, null])
  })
}

test('dies of the signal that the command died of', async () => {
  using dying = script("process.kill(process.pid, 'SIGKILL')")
  const launch = `import { runInPlace } from '${child}'
    runInPlace(process.execPath, [${JSON.stringify(join(root, dying.path))}], { env: process.env })`
  const launcher = spawn(process.execPath, ['--input-type=module', '-e', launch], {
    stdio: 'ignore',
  })
  assert.deepEqual(await once(launcher, 'exit'), [null, 'SIGKILL'])
})
