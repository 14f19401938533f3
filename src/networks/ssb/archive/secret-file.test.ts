import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { parseSecretFile, SecretFileError } from '#networks/ssb/archive/secret-file.ts'

// RFC 8032, section 7.1, test 1.
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const publicKey = Buffer.from(
  'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  'hex',
)
const name = `${publicKey.toString('base64')}.ed25519`
const good = {
  curve: 'ed25519',
  public: name,
  private: `${Buffer.concat([seed, publicKey]).toString('base64')}.ed25519`,
  id: `@${name}`,
}

test('a secret file with its comments gives seed and id', () => {
  const text = `# WARNING: Never show this to anyone.\n#\n\n${JSON.stringify(good, null, 2)}\n\n# The only part of this file that is safe to share:\n# @${name}`
  for (const form of [text, text.replaceAll('\n', '\r\n'), `\uFEFF${text}`, JSON.stringify(good)]) {
    const { seed: found, id } = parseSecretFile(form)
    assert.deepEqual([Buffer.compare(found, seed), id], [0, `@${name}`])
  }
})

test('a file whose keys do not fit, or that holds something else, is refused without showing it', () => {
  const flipped = Buffer.from(seed)
  flipped[0] = 0
  const other = Buffer.concat([flipped, publicKey]).toString('base64')
  const zero = `${Buffer.alloc(32).toString('base64')}.ed25519`
  for (const change of [
    { curve: 'k256' },
    { private: undefined },
    { private: `${seed.toString('base64')}.ed25519` },
    { private: good.private.replace('.ed25519', '') },
    { private: `${other}.ed25519` },
    { public: zero },
    { id: `@${zero}` },
  ]) {
    assert.throws(
      () => parseSecretFile(JSON.stringify({ ...good, ...change })),
      (error) => {
        assert.ok(error instanceof SecretFileError)
        assert.ok(!error.message.includes(good.private.slice(0, 20)))
        return true
      },
    )
  }
  for (const text of ['', '# only a comment', 'null', '[]', '{"curve":']) {
    assert.throws(() => parseSecretFile(text), SecretFileError)
  }
})

test('no text makes it do anything but throw its own error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.throws(() => parseSecretFile(text), SecretFileError)
    }),
    { seed: 12, numRuns: 300 },
  )
})
