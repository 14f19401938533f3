import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hostOfRemote, openSlots } from '#networks/ssb/meet/slots.ts'

test('a host is an IPv4 address, half of an IPv6 address, or a room', () => {
  for (const [remote, host] of [
    ['net:10.0.0.7:8008', 'net:10.0.0.7'],
    ['net:::ffff:10.0.0.7:8008', 'net:::ffff:10.0.0.7'],
    ['net:2001:db8:1:2:3:4:5:6:8008', '2001:db8:1:2'],
    ['net:2001:db8:1:2::9:8008', '2001:db8:1:2'],
    ['net:2001:db8::9:8008', '2001:db8:0:0'],
    ['net:::1:8008', '0:0:0:0'],
    ['tunnel:@room=.ed25519:@peer=.ed25519', 'tunnel:@room=.ed25519'],
    ['', ''],
  ] as const) {
    assert.equal(hostOfRemote(remote), host, remote)
  }
})

test('places are never more than the limits, and each is given back once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean(), fc.nat(20)), {
        maxLength: 200,
      }),
      (steps) => {
        const slots = openSlots({ total: 5, perHost: 3 })
        const held: { host: string; release: () => void; free: boolean }[] = []
        for (const [host, take, which] of steps) {
          if (take) {
            const release = slots.take(host)
            const used = held.filter((slot) => !slot.free)
            const room = used.length < 5 && used.filter((slot) => slot.host === host).length < 3
            assert.equal(release !== undefined, room)
            if (release) held.push({ host, release, free: false })
          } else {
            const slot = held[which]
            slot?.release()
            if (slot) slot.free = true
          }
        }
      },
    ),
    { seed: 1 },
  )
})
