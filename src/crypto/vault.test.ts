import assert from 'node:assert/strict'
import {
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'

import { KeysDamagedError, keysPath } from '#crypto/keys-file.ts'
import { EmptyPassphraseError, WrongPassphraseError } from '#crypto/passphrase.ts'
import {
  createVault,
  DifferentIdentityError,
  NoVaultError,
  openVault,
  PassphraseNeededError,
  restoreVault,
  setPassphrase,
  VaultExistsError,
  vaultState,
} from '#crypto/vault.ts'
import { seedOfWords } from '#crypto/words.ts'

const cost = { memory: 8 * 1024, passes: 1, parallelism: 1 }
const says = (text: string) => async () => text

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-'))
  t.after(() => rm(folder, { recursive: true }))
  return join(folder, 'home')
}

test('a new vault lies in a 0600 file in a 0700 folder and opens with the same keys', async (t) => {
  const folder = await folderFor(t)
  assert.equal(await vaultState(folder), 'none')
  using made = await createVault(folder)
  assert.equal((await stat(keysPath(folder))).mode & 0o777, 0o600)
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  assert.deepEqual(await readdir(folder), ['keys.json'])
  assert.equal(await vaultState(folder), 'open')
  using opened = await openVault(folder)
  assert.deepEqual(opened.seed, made.seed)
  assert.deepEqual(opened.dataKey, made.dataKey)
  assert.notDeepEqual(opened.seed, opened.dataKey)
  assert.deepEqual(new Uint8Array(seedOfWords(opened.words())), opened.seed)
  assert.deepEqual(opened.derive('x'), made.derive('x'))
  assert.notDeepEqual(opened.derive('x'), opened.deriveLocal('x'))
})

test('a vault is not made over another one, nor opened where there is none', async (t) => {
  const folder = await folderFor(t)
  await assert.rejects(openVault(folder), NoVaultError)
  using made = await createVault(folder)
  await assert.rejects(createVault(folder), VaultExistsError)
  using opened = await openVault(folder)
  assert.deepEqual(opened.dataKey, made.dataKey)
})

test('rights that others have on the file are taken back', async (t) => {
  const folder = await folderFor(t)
  ;(await createVault(folder))[Symbol.dispose]()
  await chmod(keysPath(folder), 0o644)
  ;(await openVault(folder))[Symbol.dispose]()
  assert.equal((await stat(keysPath(folder))).mode & 0o777, 0o600)
})

test('a passphrase hides the keys, and only it opens them', async (t) => {
  const folder = await folderFor(t)
  using made = await createVault(folder)
  await setPassphrase(folder, { next: 'correct hörse', cost })
  assert.equal(await vaultState(folder), 'locked')
  const text = await readFile(keysPath(folder), 'utf8')
  for (const secret of [made.seed, made.dataKey]) {
    assert.ok(!text.includes(Buffer.from(secret).toString('base64').slice(0, 20)))
  }
  await assert.rejects(openVault(folder), PassphraseNeededError)
  await assert.rejects(openVault(folder, { passphrase: says('wrong') }), WrongPassphraseError)
  await assert.rejects(openVault(folder, { passphrase: says('') }), WrongPassphraseError)
  // The same letters, composed of others, as another keyboard writes them.
  using opened = await openVault(folder, { passphrase: says('correct ho\u0308rse') })
  assert.deepEqual(opened.seed, made.seed)
  assert.deepEqual(opened.dataKey, made.dataKey)
})

test('a passphrase is changed and removed only by who knows it; a wrong one changes nothing', async (t) => {
  const folder = await folderFor(t)
  using made = await createVault(folder)
  await assert.rejects(setPassphrase(folder, { next: '', cost }), EmptyPassphraseError)
  await setPassphrase(folder, { next: 'one', cost })
  const before = await readFile(keysPath(folder))
  for (const next of ['three', undefined]) {
    const change = setPassphrase(folder, { current: says('two'), next, cost })
    await assert.rejects(change, WrongPassphraseError)
  }
  await assert.rejects(setPassphrase(folder, { next: 'three', cost }), PassphraseNeededError)
  const empty = setPassphrase(folder, { current: says('one'), next: '', cost })
  await assert.rejects(empty, EmptyPassphraseError)
  assert.deepEqual(await readFile(keysPath(folder)), before)
  await setPassphrase(folder, { current: says('one'), next: 'two', cost })
  await assert.rejects(openVault(folder, { passphrase: says('one') }), WrongPassphraseError)
  await setPassphrase(folder, { current: says('two'), next: undefined })
  using opened = await openVault(folder)
  assert.deepEqual(opened.dataKey, made.dataKey)
})

test('the usual cost of a passphrase is Argon2id with 64 MiB and three passes', async (t) => {
  const folder = await folderFor(t)
  ;(await createVault(folder))[Symbol.dispose]()
  await setPassphrase(folder, { next: 'one' })
  const { wrapped } = JSON.parse(await readFile(keysPath(folder), 'utf8'))
  assert.deepEqual(
    [wrapped.kdf, wrapped.memory, wrapped.passes, wrapped.parallelism],
    ['argon2id', 65536, 3, 1],
  )
  ;(await openVault(folder, { passphrase: says('one') }))[Symbol.dispose]()
})

test('a file that asks for too much or too little work, or was changed, does not open', async (t) => {
  const folder = await folderFor(t)
  using made = await createVault(folder)
  await setPassphrase(folder, { next: 'one', cost })
  const good = JSON.parse(await readFile(keysPath(folder), 'utf8'))
  const open = async (change: object, top: object = {}) => {
    const whole = { ...good, wrapped: { ...good.wrapped, ...change }, ...top }
    await writeFile(keysPath(folder), JSON.stringify(whole))
    return openVault(folder, { passphrase: says('one') })
  }
  for (const change of [
    { memory: 100 * 1024 * 1024 },
    { memory: 1 },
    { memory: 8192.5 },
    { memory: '8192' },
    { passes: 1e9 },
    { parallelism: 0 },
    { kdf: 'argon2i' },
    { cipher: 'none' },
    { salt: '' },
    { nonce: 'AAAA' },
    { sealed: 'A'.repeat(8000) },
  ]) {
    await assert.rejects(open(change), KeysDamagedError)
  }
  const other = Buffer.from(good.wrapped.sealed, 'base64')
  other[3] = (other[3] ?? 0) ^ 1
  await assert.rejects(open({ sealed: other.toString('base64') }), WrongPassphraseError)
  await assert.rejects(open({ passes: 2 }), WrongPassphraseError)
  await assert.rejects(open({}, { fingerprint: '0'.repeat(32) }), WrongPassphraseError)
  using opened = await open({})
  assert.deepEqual(opened.seed, made.seed)
})

test('a link in the place of the file is not followed', async (t) => {
  const folder = await folderFor(t)
  using made = await createVault(folder)
  await rename(keysPath(folder), join(folder, 'elsewhere'))
  await symlink(join(folder, 'elsewhere'), keysPath(folder))
  await assert.rejects(openVault(folder), /is a link/)
  await assert.rejects(restoreVault(folder, made.seed), KeysDamagedError)
})

test('a damaged file is told as such, without what it holds', async (t) => {
  const folder = await folderFor(t)
  using made = await createVault(folder)
  const text = await readFile(keysPath(folder), 'utf8')
  const seed = Buffer.from(made.seed).toString('base64')
  for (const damaged of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    text.slice(0, 100),
    text.replace('"version": 1', '"version": 2'),
    text.replace(seed, Buffer.alloc(32).toString('base64')),
    text.replace(seed, 'AAAA'),
    text.replace(made.fingerprint, 'x'),
    `${text}${' '.repeat(20_000)}`,
  ]) {
    await writeFile(keysPath(folder), damaged)
    await assert.rejects(openVault(folder), (error) => {
      assert.ok(error instanceof KeysDamagedError)
      assert.ok(!inspect(error).includes(seed))
      return true
    })
    assert.equal(await readFile(keysPath(folder), 'utf8'), damaged)
  }
})

test('words restore a lost identity with a new data key', async (t) => {
  const folder = await folderFor(t)
  using made = await createVault(folder)
  await rm(keysPath(folder))
  const restored = await restoreVault(folder, seedOfWords(made.words()))
  using vault = restored.vault
  assert.equal(restored.fresh, true)
  assert.deepEqual(vault.seed, made.seed)
  assert.notDeepEqual(vault.dataKey, made.dataKey)
  assert.equal(vault.fingerprint, made.fingerprint)
})

test('restoring the same identity keeps its data key', async (t) => {
  const folder = await folderFor(t)
  using made = await createVault(folder)
  await setPassphrase(folder, { next: 'one', cost })
  await assert.rejects(restoreVault(folder, made.seed), PassphraseNeededError)
  const restored = await restoreVault(folder, made.seed, { passphrase: says('one') })
  using vault = restored.vault
  assert.equal(restored.fresh, false)
  assert.deepEqual(vault.dataKey, made.dataKey)
})

test('another identity is replaced only when told so, and its file is kept', async (t) => {
  const folder = await folderFor(t)
  using first = await createVault(folder)
  const before = await readFile(keysPath(folder), 'utf8')
  const seed = new Uint8Array(32).fill(3)
  await assert.rejects(restoreVault(folder, seed), DifferentIdentityError)
  assert.equal(await readFile(keysPath(folder), 'utf8'), before)
  let seen: string | undefined
  const restored = await restoreVault(folder, seed, {
    replace: true,
    beforeNew: async () => void (seen = await readFile(keysPath(folder), 'utf8')),
  })
  assert.equal(seen, before, 'the old keys are still there when the caller moves its store aside')
  using vault = restored.vault
  assert.deepEqual([restored.fresh, vault.seed], [true, seed])
  const kept = (await readdir(folder)).filter((name) => name.startsWith('keys.replaced-'))
  assert.equal(kept.length, 1)
  assert.equal(await readFile(join(folder, kept[0] ?? ''), 'utf8'), before)
  await rm(keysPath(folder))
  await writeFile(keysPath(folder), before)
  using again = await openVault(folder)
  assert.deepEqual(again.seed, first.seed)
})

test('a closed vault has overwritten its keys and gives none', async (t) => {
  const folder = await folderFor(t)
  const vault = await createVault(folder)
  const { seed, dataKey } = vault
  vault[Symbol.dispose]()
  assert.deepEqual([...seed, ...dataKey], Array(64).fill(0))
  assert.throws(() => vault.seed, /closed/)
  assert.throws(() => vault.derive('x'), /closed/)
  assert.throws(() => vault.words(), /closed/)
})

test('an unfinished write of an earlier crash is swept', async (t) => {
  const folder = await folderFor(t)
  ;(await createVault(folder))[Symbol.dispose]()
  await writeFile(`${keysPath(folder)}.tmp`, 'secrets')
  ;(await openVault(folder))[Symbol.dispose]()
  assert.deepEqual(await readdir(folder), ['keys.json'])
})
