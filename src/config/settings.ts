/** The settings of the node itself. Each network adds its own rows through its plan. */
import type { Setting } from '#base/setting.ts'
import { choice, optional, path, port, words } from '#base/setting-parsers.ts'

/** How much is logged, from most to least. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'fatal'

export const homeSetting: Setting<string> = {
  name: 'home',
  help: 'Folder that holds everything of this node: keys, database, media.',
  shape: 'PATH',
  default: '~/.metalife',
  parse: path(),
}

export const configSetting: Setting<string | undefined> = {
  name: 'config',
  help: 'Config file; without it, metalife.conf in the home is read where there is one.',
  shape: 'PATH',
  default: '',
  parse: optional(path()),
}

export const hostSetting: Setting<string> = {
  name: 'host',
  help: 'Address that the web page and the API listen on. Anything but loopback lets other machines in.',
  shape: 'ADDRESS',
  default: '127.0.0.1',
  parse: words(253),
}

export const portSetting: Setting<number> = {
  name: 'port',
  help: 'Port of the web page and the API; 0 takes any free one.',
  shape: 'NUMBER',
  default: '8787',
  parse: port(),
}

export const databaseSetting: Setting<string | undefined> = {
  name: 'database',
  help: 'Database: a file, or postgres://… for a server. Without it, an encrypted file in the home.',
  shape: 'PATH|URL',
  default: '',
  parse: optional(databaseLocation),
  secret: true,
}

export const passphraseFileSetting: Setting<string | undefined> = {
  name: 'passphrase-file',
  help: 'File whose first line is the passphrase of this home, for starting without a person.',
  shape: 'PATH',
  default: '',
  parse: optional(path()),
}

export const logLevelSetting: Setting<LogLevel> = {
  name: 'log-level',
  help: 'How much is logged.',
  shape: 'trace|debug|info|warning|error|fatal',
  default: 'info',
  parse: choice('trace', 'debug', 'info', 'warning', 'error', 'fatal'),
}

/** The rows that every command knows, in the order in which people read them. */
export const coreSettings: readonly Setting[] = [
  homeSetting,
  configSetting,
  hostSetting,
  portSetting,
  databaseSetting,
  passphraseFileSetting,
  logLevelSetting,
]

function databaseLocation(text: string): string {
  if (/^postgres(?:ql)?:\/\//.test(text)) return text
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw new Error('it must be a file or a postgres:// URL')
  return path()(text)
}
