import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Setting } from '#base/setting.ts'
import { settingsHelp, settingsTable } from '#config/describe-settings.ts'
import { environmentName } from '#config/environment.ts'
import { coreSettings } from '#config/settings.ts'

const row: Setting = {
  name: 'a-b',
  help: 'What it does',
  shape: 'x|y',
  default: 'x',
  parse: String,
}

test('describes every setting with its default, within the width', () => {
  const help = settingsHelp(coreSettings, 72)
  for (const { name, shape } of coreSettings) assert.ok(help.includes(`  --${name} ${shape}`), name)
  assert.deepEqual(
    help.split('\n').filter((line) => line.length > 72),
    [],
  )
  assert.equal(settingsHelp([row]), '  --a-b x|y  What it does. [x]')
  assert.equal(settingsHelp([]), '')
})

test('writes a Markdown table in which | does not split a cell', () => {
  const lines = settingsTable([row, { ...row, name: 'c', default: '', secret: true }]).split('\n')
  assert.equal(lines[2], '| `--a-b x\\|y` | `METALIFE_A_B` | `x` | What it does. |')
  assert.match(lines[3] ?? '', /\| – \| What it does\. Secret: never printed/)
})

test('has a default for every core setting that its own parser takes, and one variable each', () => {
  for (const setting of coreSettings) setting.parse(setting.default)
  const variables = coreSettings.map(({ name }) => environmentName(name))
  assert.equal(new Set(variables).size, coreSettings.length)
  for (const { name } of coreSettings) assert.match(name, /^[a-z]+(?:-[a-z]+)*$/)
})
