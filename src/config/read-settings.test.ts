import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { valueOf, type Setting } from '#base/setting.ts'
import { choice, optional, wholeNumber, words, yesNo } from '#base/setting-parsers.ts'
import { environmentName } from '#config/environment.ts'
import { refuseUnknownFlags } from '#config/flags.ts'
import { readSettings, type Sources } from '#config/read-settings.ts'
import { SettingError } from '#config/setting-error.ts'

const port: Setting<number> = {
  name: 'port',
  help: 'Port',
  shape: 'NUMBER',
  default: '1',
  parse: wholeNumber(0, 65_535),
}
const level: Setting<'low' | 'high'> = {
  name: 'log-level',
  help: 'Level',
  shape: 'low|high',
  default: 'low',
  parse: choice('low', 'high'),
}
const lan: Setting<boolean> = {
  name: 'lan',
  help: 'LAN',
  shape: 'yes|no',
  default: 'yes',
  parse: yesNo(),
  bare: 'yes',
}
const secret: Setting<string | undefined> = {
  name: 'token',
  help: 'Token',
  shape: 'TEXT',
  default: '',
  parse: optional(words(8)),
  secret: true,
}
const rows = [port, level, lan, secret]

function refusal(sources: Sources): SettingError {
  try {
    readSettings(rows, sources)
  } catch (error) {
    if (error instanceof SettingError) return error
  }
  return assert.fail(`accepted ${JSON.stringify(sources)}`)
}

test('takes the default where nothing is given', () => {
  const { values, origins, rest } = readSettings(rows, {})
  assert.deepEqual(values, { port: 1, 'log-level': 'low', lan: true, token: undefined })
  assert.equal(origins['port'], 'the default')
  assert.deepEqual(rest, [])
})

test('prefers a flag to the environment, that to the file, that to the default', () => {
  fc.assert(
    fc.property(
      fc.option(number()),
      fc.option(number()),
      fc.option(number()),
      (flag, env, file) => {
        const sources: Sources = {
          argv: flag === null ? [] : [`--port=${flag}`],
          env: env === null ? {} : { METALIFE_PORT: String(env) },
          file: { path: 'f', text: file === null ? '' : `port = ${file}` },
        }
        const { values, origins } = readSettings(rows, sources)
        assert.equal(valueOf(port, values), flag ?? env ?? file ?? 1)
        const from = ['--port', 'METALIFE_PORT', 'f line 1', 'the default']
        assert.equal(
          origins['port'],
          from[[flag, env, file, 1].findIndex((value) => value !== null)],
        )
      },
    ),
    { seed: 1 },
  )
})

test('leaves what it does not know in its order, and everything after --', () => {
  const argv = ['post', '--json', '--port', '5', 'a text', '-x', '--to=b', '--', '--port', '6']
  const { values, rest } = readSettings(rows, { argv })
  assert.equal(values['port'], 5)
  assert.deepEqual(rest, ['post', '--json', 'a text', '-x', '--to=b', '--', '--port', '6'])
})

test('takes a switch alone, with =, with a word after it, and in its opposite', () => {
  const lanOf = (...argv: readonly string[]): unknown => readSettings(rows, { argv }).values['lan']
  assert.equal(lanOf('--lan'), true)
  assert.equal(lanOf('--lan=no'), false)
  assert.equal(lanOf('--no-lan'), false)
  assert.equal(lanOf('--lan', 'no'), false)
  assert.deepEqual(readSettings(rows, { argv: ['--lan', 'hello'] }).rest, ['hello'])
  assert.deepEqual(readSettings(rows, { argv: ['--no-port'] }).rest, ['--no-port'])
})

test('refuses a flag without its value or given twice', () => {
  assert.match(refusal({ argv: ['--port'] }).message, /--port needs a value: --port NUMBER/)
  assert.match(refusal({ argv: ['--port', '--lan'] }).message, /--port needs a value/)
  assert.match(refusal({ argv: ['--port', '--'] }).message, /--port needs a value/)
  assert.match(refusal({ argv: ['--lan', '--no-lan'] }).message, /lan is given twice/)
})

test('says which setting is malformed, where it stood and what it should be', () => {
  const error = refusal({ argv: ['--port', 'abc'] })
  assert.equal(error.exitCode, 2)
  assert.equal(error.setting, 'port')
  assert.equal(
    error.message,
    'The setting port (from --port) is wrong: "abc" does not fit: it must be a whole number from 0 to 65535. ' +
      'Give --port NUMBER or METALIFE_PORT=NUMBER.',
  )
  assert.match(refusal({ env: { METALIFE_PORT: '70000' } }).message, /from METALIFE_PORT/)
  const file = { path: '/etc/metalife.conf', text: '# a comment\n\nport = x' }
  assert.match(refusal({ file }).message, /from \/etc\/metalife.conf line 3/)
})

test('never repeats the text of a secret', () => {
  const text = 'a very secret token'
  const error = refusal({ argv: [`--token=${text}`] })
  assert.match(error.message, /The setting token/)
  assert.ok(!JSON.stringify([error.message, error.stack, error.cause]).includes(text))
})

test('refuses unknown names of the environment and the file, and guesses what was meant', () => {
  assert.match(
    refusal({ env: { METALIFE_PROT: '1' } }).message,
    /METALIFE_PROT sets nothing.*Did you mean METALIFE_PORT\?/,
  )
  const error = refusal({ file: { path: 'f', text: 'loglevel = low' } })
  assert.match(error.message, /no setting loglevel \(f line 1\)\. Did you mean log-level\?/)
  assert.equal(error.setting, 'loglevel')
})

test('ignores empty variables, those of others, and those of tests', () => {
  const env = { METALIFE_PORT: '', PORT: 'x', METALIFE_VECTORS: '/v', METALIFE_TEST_CHROMIUM: '/c' }
  assert.equal(readSettings(rows, { env }).values['port'], 1)
})

test('reads a file with comments, space, = and # in values, CRLF and a byte order mark', () => {
  const text = '\uFEFF# all of it\r\n  port=7\r\n\ttoken =  a=b #c \r\n'
  const { values } = readSettings(rows, { file: { path: 'f', text } })
  assert.equal(values['port'], 7)
  assert.equal(values['token'], 'a=b #c')
})

test('refuses a line that is none, and a name that stands twice', () => {
  assert.match(
    refusal({ file: { path: 'f', text: 'port 7' } }).message,
    /f line 1 is not understood/,
  )
  assert.match(refusal({ file: { path: 'f', text: '= 7' } }).message, /f line 1 is not understood/)
  const twice = refusal({ file: { path: 'f', text: 'port = 1\nport = 2' } })
  assert.match(twice.message, /port stands twice: f line 1 and f line 2/)
})

test('answers with settings or a SettingError, whatever the texts are', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  fc.assert(
    fc.property(fc.array(text), text, text, (argv, env, file) => {
      try {
        readSettings(rows, {
          argv,
          env: { METALIFE_LOG_LEVEL: env },
          file: { path: 'f', text: file },
        })
      } catch (error) {
        assert.ok(error instanceof SettingError, String(error))
      }
    }),
    { seed: 2, numRuns: 500 },
  )
})

test('gives every argument back that is no flag of a row', () => {
  fc.assert(
    fc.property(fc.array(fc.string().filter((text) => !text.startsWith('--'))), (argv) => {
      assert.deepEqual(readSettings(rows, { argv }).rest, argv)
    }),
    { seed: 3 },
  )
})

test('refuses flags that nobody took, naming the nearest', () => {
  const take = (argv: readonly string[]): void =>
    refuseUnknownFlags(rows, readSettings(rows, { argv }).rest)
  assert.throws(
    () => take(['start', '--prot', '5']),
    /There is no setting --prot\. Did you mean --port\? See --help/,
  )
  assert.throws(() => take(['--verbose=1']), {
    name: 'SettingError',
    exitCode: 2,
    setting: 'verbose',
  })
  take(['start', '-', '-5', '--', '--prot'])
})

test('names environment variables in capitals', () => {
  assert.equal(environmentName('passphrase-file'), 'METALIFE_PASSPHRASE_FILE')
})

function number(): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 65_535 })
}
