import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress } from '#http/address-ranges.ts'

const open = [
  '8.8.8.8',
  '1.1.1.1',
  '93.184.216.34',
  '172.15.0.1',
  '172.32.0.1',
  '2606:4700::1111',
  '2a00:1450:4001::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2002:808:808::1',
]
const closed = [
  '127.0.0.1',
  '127.255.255.254',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '224.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '::',
  '::1',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd12::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:10.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '2002:7f00:1::',
  '2002:c0a8:101::',
  '2001:db8::1',
  '2001::1',
  '::127.0.0.1',
  'localhost',
  '',
  '1.2.3',
  '0x7f.1',
  '3fff::1',
]

test('addresses of the open internet are public, in every form', () => {
  for (const address of open) assert.equal(isPublicAddress(address), true, address)
})

test('private, local and special addresses are not, nor what is no address', () => {
  for (const address of closed) assert.equal(isPublicAddress(address), false, address)
})
