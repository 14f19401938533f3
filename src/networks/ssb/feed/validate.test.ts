import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { FeedState } from '#networks/ssb/feed/message.ts'
import { HmacKeyError, parseHmacKey } from '#networks/ssb/feed/signature.ts'
import { validateOne } from '#networks/ssb/feed/validate.ts'

type Case = {
  readonly state: FeedState | null
  readonly hmacKey: unknown
  readonly message: unknown
  readonly valid: boolean
  readonly error: string | null
  readonly id: string
}

const vectors =
  process.env['METALIFE_VECTORS'] ??
  path.resolve(import.meta.dirname, '../../../../../shared/vectors')
const file = path.join(vectors, 'ssb/validation-dataset.json')
const skip = existsSync(file) ? false : `the vectors are not at ${vectors}`

test('agrees with the validation data set', { skip }, async (t) => {
  const cases: readonly Case[] = JSON.parse(readFileSync(file, 'utf8'))
  assert.equal(cases.length, 126)
  for (const [index, one] of cases.entries()) {
    const title = `case ${index} is ${one.valid ? 'valid' : `invalid: ${one.error}`}`
    await t.test(title, () => assert.equal(verdict(one), one.valid ? one.id : 'invalid'))
  }
})

function verdict({ state, hmacKey, message }: Case): string {
  try {
    const options = hmacKey === null ? {} : { hmacKey: parseHmacKey(hmacKey) }
    const bytes = Buffer.from(JSON.stringify(message))
    const checked = validateOne(bytes, state ?? undefined, options)
    return 'invalid' in checked ? 'invalid' : checked.message.id
  } catch (error) {
    if (error instanceof HmacKeyError) return 'invalid'
    throw error
  }
}
