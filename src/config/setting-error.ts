import { MetaLifeError } from '#base/errors.ts'

/** A setting is unknown or malformed. The message names the setting and where it was given. */
export class SettingError extends MetaLifeError {
  override name = 'SettingError'
  override readonly exitCode = 2
  /** kebab-case name of the setting, also when it does not exist. */
  readonly setting: string

  constructor(setting: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.setting = setting
  }
}
