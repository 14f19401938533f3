/** Discovery on a local network (ssb-lan): two machines on one cable, which are two network namespaces joined by veth. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isObject, type Json } from '#base/json.ts'
import { follow, keyOf, whyWithout } from './ours.ts'
import { startPeer } from './peer-process.ts'

const mark = `${process.pid.toString(36)}${Date.now().toString(36).slice(-3)}`
const names = { ours: `ml-o-${mark}`, theirs: `ml-t-${mark}` }
const ends = { ours: `mlo${mark}`.slice(0, 15), theirs: `mlt${mark}`.slice(0, 15) }
const hosts = { ours: '10.78.0.1', theirs: '10.78.0.2' }
const port = 18_008
const ourNode = fileURLToPath(import.meta.resolve('./our-node.ts'))

test(
  'ssb-lan and we find each other both ways, in both forms, and replicate',
  { skip: whyNot() },
  async () => {
    using _cable = layCable()
    await using peer = await startPeer('stack-peer.cjs', {
      within: ['ip', 'netns', 'exec', names.theirs],
      args: [hosts.theirs],
      port,
    })
    await using ours = await startPeer(ourNode, {
      within: ['ip', 'netns', 'exec', names.ours],
      args: [JSON.stringify({ 'ssb-host': '::', 'ssb-lan': true })],
      port,
    })
    await ours.do('follow', { feed: peer.feed })
    await peer.do('publish', { content: follow(ours.feed) })
    // Both dial as soon as they hear the other: one connection has to remain.
    await peer.do('conn-start')

    const ourAddress = `net:${hosts.ours}:${port}~shs:${keyOf(ours.feed)}`
    const theirAddress = `net:${hosts.theirs}:${port}~shs:${keyOf(peer.feed)}`
    const both = (address: string) => (answer: Json) =>
      [true, false].every((verified) => hasHeard(answer, address, verified))
    await peer.until('lan-heard', {}, both(ourAddress))
    await ours.until('heard', {}, both(theirAddress))

    // We dial by ourselves who was heard; nobody told either the address of the other.
    await ours.until('sequence', { feed: peer.feed }, (sequence) => sequence === 1)
    await peer.until('sequence', { feed: ours.feed }, (sequence) => sequence === 1)
    await ours.do('post', { text: 'live from us' })
    await peer.do('publish', { content: { type: 'post', text: 'live from them' } })
    await ours.until('sequence', { feed: peer.feed }, (sequence) => sequence === 2)
    await peer.until('sequence', { feed: ours.feed }, (sequence) => sequence === 2)
    assert.match(JSON.stringify(await ours.do('peers')), /"connected"/)
  },
)

test(
  'a peer of the JavaScript stack dials what it heard of us, also with IPv6 on its interface',
  { skip: whyNot() },
  async () => {
    using _cable = layCable({ ipv6: true })
    await using peer = await startPeer('stack-peer.cjs', {
      within: ['ip', 'netns', 'exec', names.theirs],
      args: [hosts.theirs],
      port,
    })
    await using ours = await startPeer(ourNode, {
      within: ['ip', 'netns', 'exec', names.ours],
      args: [JSON.stringify({ 'ssb-host': '::', 'ssb-lan': false })],
      port,
    })
    await ours.do('post', { text: 'over the cable' })
    await peer.do('publish', { content: follow(ours.feed) })
    await peer.do('conn-start')
    await peer.until('sequence', { feed: ours.feed }, (sequence) => sequence === 1, 40_000)
    // We only announced: the connection is one that came in.
    const [connected] = (await ours.do('peers')) as readonly { id: string; address: string }[]
    assert.equal(connected?.id, peer.feed)
    assert.doesNotMatch(connected.address, new RegExp(`:${port}$`))
  },
)

function hasHeard(answer: Json, address: string, verified: boolean): boolean {
  if (!Array.isArray(answer)) return false
  return answer.some(
    (one: Json) => isObject(one) && one['address'] === address && one['verified'] === verified,
  )
}

/**
 * IPv6 stays on our end. On theirs it is switched off unless asked for: with it ssb-lan takes the wrong address and
 * announces to no network at all.
 */
function layCable({ ipv6 = false } = {}): Disposable {
  const sides = ['ours', 'theirs'] as const
  try {
    for (const side of sides) ip('netns', 'add', names[side])
    const peer = ['type', 'veth', 'peer', 'name', ends.theirs, 'netns', names.theirs]
    ip('link', 'add', ends.ours, 'netns', names.ours, ...peer)
    const off = 'for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done'
    if (!ipv6) ip('netns', 'exec', names.theirs, 'sh', '-c', off)
    for (const side of sides) {
      const [name, end] = [names[side], ends[side]]
      ip('-n', name, 'addr', 'add', `${hosts[side]}/24`, 'broadcast', '+', 'dev', end)
      ip('-n', name, 'link', 'set', 'lo', 'up')
      ip('-n', name, 'link', 'set', end, 'up')
    }
    ip('-n', names.ours, '-6', 'addr', 'add', 'fd78::1/64', 'dev', ends.ours, 'nodad')
    if (ipv6) ip('-n', names.theirs, '-6', 'addr', 'add', 'fd78::2/64', 'dev', ends.theirs, 'nodad')
    for (const side of sides) waitForLink(names[side], ends[side])
  } catch (error) {
    takeDown()
    throw error
  }
  return { [Symbol.dispose]: takeDown }
}

/**
 * The kernel takes up to a second to call a new link running; ssb-lan looks once, when it starts, and announces to
 * nobody when it looks too early.
 */
function waitForLink(name: string, end: string): void {
  const limit = Date.now() + 10_000
  while (!/state UP/.test(ip('-n', name, 'link', 'show', end))) {
    if (Date.now() > limit) throw new Error(`the link ${end} does not come up`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }
}

function takeDown(): void {
  for (const name of Object.values(names)) {
    try {
      ip('netns', 'del', name)
    } catch {
      // It was never made.
    }
  }
}

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
}

/** The reason to skip, or false. */
function whyNot(): string | false {
  if (process.platform !== 'linux') return 'network namespaces are a matter of Linux'
  if (process.getuid?.() !== 0) return 'making network namespaces needs root'
  try {
    layCable()[Symbol.dispose]()
  } catch {
    return 'this machine lets us make no network namespaces (iproute2 missing, or no permission)'
  }
  return whyWithout('stack')
}
