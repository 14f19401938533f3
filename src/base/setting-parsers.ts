/** Parsers for rows of the table of settings. Each throws an Error whose sentence says what was expected. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Makes a value of type `T` out of the text of a setting. */
export type Parser<T> = (text: string) => T

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

/** A whole number from `min` to `max`, both included. */
export function wholeNumber(min: number, max: number): Parser<number> {
  return (text) => {
    const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new Error(`it must be a whole number from ${min} to ${max}`)
  }
}

/** A TCP or UDP port; 0 lets the system choose one. */
export function port(): Parser<number> {
  return wholeNumber(0, 65_535)
}

/** One of the given words. */
export function choice<const T extends string>(...words: readonly T[]): Parser<T> {
  return (text) => {
    const word = words.find((candidate) => candidate === text)
    if (word !== undefined) return word
    throw new Error(`it must be one of ${words.join(', ')}`)
  }
}

/** `yes` or `no`, also written `true`, `on`, `1` or `false`, `off`, `0`. */
export function yesNo(): Parser<boolean> {
  return (text) => {
    if (/^(?:yes|true|on|1)$/i.test(text)) return true
    if (/^(?:no|false|off|0)$/i.test(text)) return false
    throw new Error('it must be yes or no')
  }
}

/** Text that is not empty and at most `max` UTF-16 units long. */
export function words(max = 1000): Parser<string> {
  return (text) => {
    if (text.length > 0 && text.length <= max) return text
    throw new Error(`it must be a text of 1 to ${max} characters`)
  }
}

/** An absolute path. `~` stands for the home folder; a relative path starts where the program was started. */
export function path(): Parser<string> {
  return (text) => {
    if (text === '' || text.includes('\0'))
      throw new Error('it must be the path of a file or folder')
    if (text === '~' || text.startsWith('~/')) return join(homedir(), text.slice(1))
    return resolve(text)
  }
}

/** Milliseconds, from a number with a unit: `500ms`, `30s`, `5m`, `2h`, `7d`. */
export function duration(min = 0, max = Number.MAX_SAFE_INTEGER): Parser<number> {
  return (text) => {
    const [, digits = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? []
    const value =
      digits === '' ? Number.NaN : Math.round(Number(digits) * (durationUnits[unit] ?? Number.NaN))
    if (value >= min && value <= max) return value
    const limit = formatDuration(max)
    const range = max === Number.MAX_SAFE_INTEGER ? '' : `, from ${formatDuration(min)} to ${limit}`
    throw new Error(`it must be a time such as 500ms, 30s, 5m, 2h or 7d${range}`)
  }
}

/** Bytes, from a number with an optional unit: `65536`, `512kB`, `5MiB`, `1GB`. */
export function byteSize(min = 0, max = Number.MAX_SAFE_INTEGER): Parser<number> {
  return (text) => {
    const [, digits = '', unit = ''] =
      /^(\d{1,16}(?:\.\d{1,3})?) ?([kMGTKi]{0,2}B|)$/.exec(text) ?? []
    const value =
      digits === '' ? Number.NaN : Math.round(Number(digits) * (byteUnits[unit] ?? Number.NaN))
    if (value >= min && value <= max) return value
    const range = max === Number.MAX_SAFE_INTEGER ? '' : `, from ${min} to ${max} bytes`
    throw new Error(`it must be a size such as 65536, 512kB, 5MiB or 1GB${range}`)
  }
}

/** An absolute URL with one of the given schemes (`https`, `postgres`…). */
export function url(...schemes: readonly string[]): Parser<URL> {
  return (text) => {
    const parsed = URL.parse(text)
    if (parsed && schemes.includes(parsed.protocol.slice(0, -1))) return parsed
    throw new Error(
      `it must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    )
  }
}

/** Several values with commas between them; empty text is an empty list. */
export function list<T>(item: Parser<T>, max = 1000): Parser<readonly T[]> {
  return (text) => {
    if (text.trim() === '') return []
    const parts = text.split(',')
    if (parts.length > max) throw new Error(`it must have at most ${max} parts`)
    return parts.map((part) => item(part.trim()))
  }
}

/** Lets a setting be absent: empty text is `undefined`. */
export function optional<T>(parse: Parser<T>): Parser<T | undefined> {
  return (text) => (text === '' ? undefined : parse(text))
}

function formatDuration(ms: number): string {
  const unit =
    ['d', 'h', 'm', 's'].find((name) => ms > 0 && ms % (durationUnits[name] ?? 1) === 0) ?? 'ms'
  return `${ms / (durationUnits[unit] ?? 1)}${unit}`
}
