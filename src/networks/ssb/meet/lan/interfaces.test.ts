import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import { isLocalAddress, localNetworks } from '#networks/ssb/meet/lan/interfaces.ts'

function v4(address: string, netmask: string): NetworkInterfaceInfo {
  return { address, netmask, family: 'IPv4', mac: '00:00:00:00:00:00', internal: false, cidr: null }
}
function v6(address: string): NetworkInterfaceInfo {
  return {
    address,
    netmask: 'ffff:ffff:ffff:ffff::',
    family: 'IPv6',
    mac: '00:00:00:00:00:00',
    internal: false,
    cidr: null,
    scopeid: 2,
  }
}

test('every IPv4 network has its broadcast address, also beside IPv6 ones on the same interface', () => {
  const networks = localNetworks({
    eth0: [v6('fe80::1'), v6('2001:db8::1'), v4('192.168.1.77', '255.255.255.0')],
    wlan0: [v4('10.1.2.3', '255.255.240.0'), v4('172.20.0.1', '255.255.0.0')],
    tun0: [v4('10.8.0.2', '255.255.255.255'), v4('10.9.0.2', '255.255.255.254')],
    wan: [v4('203.0.113.5', '255.255.255.0')],
  })
  assert.deepEqual(networks, [
    { address: '192.168.1.77', broadcast: '192.168.1.255' },
    { address: '10.1.2.3', broadcast: '10.1.15.255' },
    { address: '172.20.0.1', broadcast: '172.20.255.255' },
  ])
})

test('private, link-local, loopback and carrier-grade addresses are local; all others are not', () => {
  for (const local of [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '::1',
    'fe80::1%eth0',
    'fd00::1',
    '::ffff:10.0.0.1',
  ]) {
    assert.ok(isLocalAddress(local), local)
  }
  for (const other of [
    '8.8.8.8',
    '172.32.0.1',
    '192.169.0.1',
    '100.128.0.1',
    '2001:db8::1',
    '256.1.1.1',
    '10.0.0',
    '',
    'localhost',
    '::ffff:8.8.8.8',
    'fec0::1',
  ]) {
    assert.ok(!isLocalAddress(other), other)
  }
})
