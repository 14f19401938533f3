import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject } from '#base/json.ts'

/** The version of this program, as package.json gives it. */
export const version: string = versionOf(join(import.meta.dirname, '..', '..', 'package.json'))

function versionOf(path: string): string {
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const found = isObject(value) ? value['version'] : undefined
  return typeof found === 'string' ? found : 'unknown'
}
