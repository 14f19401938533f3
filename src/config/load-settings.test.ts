import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { valueOf } from '#base/setting.ts'
import { configFileName, loadSettings } from '#config/load-settings.ts'
import { coreSettings, databaseSetting, homeSetting, portSetting } from '#config/settings.ts'

function folder(): Disposable & {
  readonly path: string
  write(name: string, text: string): string
} {
  const path = mkdtempSync(join(tmpdir(), 'metalife-config-'))
  return {
    path,
    write(name, text) {
      writeFileSync(join(path, name), text)
      return join(path, name)
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  }
}

test('reads metalife.conf of the home where there is one', () => {
  using home = folder()
  const sources = { argv: ['--home', home.path], env: {} }
  assert.equal(valueOf(portSetting, loadSettings(coreSettings, sources).values), 8787)
  const file = home.write(configFileName, 'port = 9000')
  const settings = loadSettings(coreSettings, sources)
  assert.equal(valueOf(portSetting, settings.values), 9000)
  assert.equal(settings.origins['port'], `${file} line 1`)
})

test('lets a named config file say where the home is', () => {
  using place = folder()
  const config = place.write('other.conf', `home = ${place.path}`)
  const settings = loadSettings(coreSettings, { env: { METALIFE_CONFIG: config } })
  assert.equal(valueOf(homeSetting, settings.values), place.path)
})

test('refuses a home or a config named in the file that the home holds', () => {
  using home = folder()
  for (const name of ['home', 'config']) {
    home.write(configFileName, `${name} = /elsewhere`)
    const load = (): unknown => loadSettings(coreSettings, { argv: ['--home', home.path] })
    assert.throws(load, { name: 'SettingError', setting: name, exitCode: 2 })
  }
})

test('refuses a named config file that is not there or no file', () => {
  using place = folder()
  const load = (config: string): unknown =>
    loadSettings(coreSettings, { argv: ['--config', config] })
  assert.throws(
    () => load(join(place.path, 'none.conf')),
    /config file .*none\.conf was not read: it does not exist/,
  )
  assert.throws(() => load(place.path), /cannot be read/)
  assert.throws(() => load(place.write('big', '#'.repeat(1_048_577))), /larger than/)
})

test('knows a server from a file for the database, and never prints it', () => {
  const database = (text: string): unknown =>
    valueOf(
      databaseSetting,
      loadSettings(coreSettings, { env: { METALIFE_DATABASE: text, METALIFE_HOME: '/none' } })
        .values,
    )
  assert.equal(database('postgres://anna:secret@host/db'), 'postgres://anna:secret@host/db')
  assert.equal(database('/var/x.db'), '/var/x.db')
  assert.throws(
    () => database('mysql://anna:hunter2@host/db'),
    (error: Error) =>
      /The setting database/.test(error.message) && !error.message.includes('hunter2'),
  )
})
