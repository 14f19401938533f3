import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

import { WrongPassphraseError } from '#crypto/passphrase.ts'
import { createVault, openVault, vaultState } from '#crypto/vault.ts'

const root = join(import.meta.dirname, '../..')

// Changes the passphrase from n to n + 1 for ever (every third time it is removed), and says so after each.
const child = `
import { setPassphrase } from '#crypto/vault.ts'
const [folder, from] = process.argv.slice(1)
const cost = { memory: 8192, passes: 1, parallelism: 1 }
const nth = (n) => n % 3 === 0 ? undefined : 'passphrase ' + n
for (let n = Number(from); ; n++) {
  await setPassphrase(folder, { current: async () => nth(n), next: nth(n + 1), cost })
  process.stdout.write((n + 1) + '\\n')
}`

const nth = (n: number) => (n % 3 === 0 ? undefined : `passphrase ${n}`)

async function changeUntilKilled(folder: string, from: number, delay: number): Promise<number> {
  const process_ = spawn(
    process.execPath,
    ['--input-type=module', '--eval', child, folder, String(from)],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exit = once(process_, 'exit')
  let acknowledged = from
  let timer: NodeJS.Timeout | undefined
  for await (const line of createInterface({ input: process_.stdout })) {
    acknowledged = Number(line)
    timer ??= setTimeout(() => process_.kill('SIGKILL'), delay)
  }
  assert.equal((await exit)[1], 'SIGKILL')
  return acknowledged
}

async function openAs(folder: string, n: number): Promise<Uint8Array | undefined> {
  const passphrase = nth(n)
  if (((await vaultState(folder)) === 'locked') !== (passphrase !== undefined)) return undefined
  try {
    using vault = await openVault(folder, { passphrase: async () => passphrase ?? '' })
    return Uint8Array.from([...vault.seed, ...vault.dataKey])
  } catch (error) {
    assert.ok(error instanceof WrongPassphraseError)
    return undefined
  }
}

test('killed at any moment of a change of passphrase, the vault opens with the last or the next', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vault-'))
  t.after(() => rm(folder, { recursive: true }))
  using vault = await createVault(folder)
  const keys = Uint8Array.from([...vault.seed, ...vault.dataKey])
  let state = 20261122
  let n = 0
  for (let round = 0; round < 12; round++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const acknowledged = await changeUntilKilled(folder, n, (state >>> 16) % 40)
    n = (await openAs(folder, acknowledged)) ? acknowledged : acknowledged + 1
    assert.deepEqual(await openAs(folder, n), keys, `round ${round}, passphrase ${n}`)
    assert.deepEqual(await readdir(folder), ['keys.json'])
  }
  assert.ok(n >= 12)
})
