import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nearestName } from '#config/nearest-name.ts'

test('finds the name that was meant, and none when nothing is near', () => {
  const names = ['home', 'port', 'log-level', 'passphrase-file']
  assert.equal(nearestName('prot', names), 'port')
  assert.equal(nearestName('part-y', names), undefined)
  assert.equal(nearestName('pord', names), 'port')
  assert.equal(nearestName('loglevel', names), 'log-level')
  assert.equal(nearestName('passfrase-file', names), 'passphrase-file')
  assert.equal(nearestName('verbose', names), undefined)
})

test('finds a name with one letter wrong, missing or too many', () => {
  const word = fc.stringMatching(/^[a-z]{3,12}$/)
  fc.assert(
    fc.property(word, fc.nat(11), fc.stringMatching(/^[a-z]{0,2}$/), (name, at, letters) => {
      const cut = Math.min(at, name.length - 1)
      const mistyped = name.slice(0, cut) + letters.slice(0, 1) + name.slice(cut + 1)
      assert.equal(nearestName(mistyped, [name]), name)
    }),
    { seed: 4 },
  )
})
