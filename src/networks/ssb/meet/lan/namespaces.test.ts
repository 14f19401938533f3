/** Two network namespaces joined by a cable, with IPv4 and IPv6 on both ends: real broadcast between real kernels' stacks. */
import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { keysOf } from '#networks/ssb/identity.ts'

const root = join(import.meta.dirname, '../../../../..')
const names = [`ml-a-${process.pid}`, `ml-b-${process.pid}`] as const
const cables = [`mla${process.pid}`.slice(0, 15), `mlb${process.pid}`.slice(0, 15)] as const

/** What runs in each namespace: hears and announces, one line of JSON for every peer heard, until its input ends. */
const program = `
import { systemClock } from '#base/clock.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { startLanDiscovery } from '#networks/ssb/meet/lan/discovery.ts'
const n = Number(process.argv[1])
const lan = await startLanDiscovery({
  keys: keysOf(Buffer.alloc(32, n)), caps: Buffer.alloc(32, 7), clock: systemClock(), port: () => 8000 + n,
  heard: (peer) => console.log(JSON.stringify(peer)),
})
process.stdin.on('end', () => lan[Symbol.asyncDispose]())
process.stdin.resume()
`

test(
  'two machines on one cable find each other both ways, in both forms, with IPv6 on the interface',
  { skip: whyNot(), timeout: 60_000 },
  async () => {
    const children: ChildProcess[] = []
    try {
      layCable()
      const [one, other] = await Promise.all(
        names.map(async (name, index) => {
          const child = spawn(
            'ip',
            [
              'netns',
              'exec',
              name,
              process.execPath,
              '--input-type=module',
              '--eval',
              program,
              String(index + 1),
            ],
            { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] },
          )
          children.push(child)
          return heardBy(child)
        }),
      )
      const expected = (n: number, host: string) => {
        const { id } = keysOf(Buffer.alloc(32, n))
        const address = `net:${host}:${8000 + n}~shs:${id.slice(1, -8)}`
        return new Set([`${id} ${address} true`, `${id} ${address} false`])
      }
      assert.deepEqual(one, expected(2, '10.77.0.2'))
      assert.deepEqual(other, expected(1, '10.77.0.1'))
    } finally {
      for (const child of children) {
        child.stdin?.end()
        if (child.exitCode === null) await once(child, 'exit')
      }
      for (const name of names) ip(['netns', 'del', name])
    }
  },
)

/** Reads until a peer was heard in both forms. */
async function heardBy(child: ChildProcess): Promise<Set<string>> {
  const heard = new Set<string>()
  assert.ok(child.stdout)
  for await (const line of createInterface(child.stdout)) {
    const { peer, address, verified } = JSON.parse(line) as {
      peer: string
      address: string
      verified: boolean
    }
    heard.add(`${peer} ${address} ${verified}`)
    if (heard.size === 2) break
  }
  return heard
}

function layCable(): void {
  for (const name of names) ip(['netns', 'add', name])
  ip([
    'link',
    'add',
    cables[0],
    'netns',
    names[0],
    'type',
    'veth',
    'peer',
    'name',
    cables[1],
    'netns',
    names[1],
  ])
  for (const [index, name] of names.entries()) {
    const cable = cables[index] ?? ''
    ip(['-n', name, 'addr', 'add', `10.77.0.${index + 1}/24`, 'broadcast', '+', 'dev', cable])
    ip(['-n', name, '-6', 'addr', 'add', `fd77::${index + 1}/64`, 'dev', cable, 'nodad'], true)
    ip(['-n', name, 'link', 'set', 'lo', 'up'])
    ip(['-n', name, 'link', 'set', cable, 'up'])
  }
}

function ip(args: readonly string[], mayFail = false): void {
  try {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', mayFail ? 'ignore' : 'pipe'] })
  } catch (error) {
    if (!mayFail) throw error
  }
}

/** The reason to skip, or false. */
function whyNot(): string | false {
  if (process.platform !== 'linux') return 'network namespaces are a matter of Linux'
  if (process.getuid?.() !== 0) return 'making network namespaces needs root'
  const probe = `ml-probe-${process.pid}`
  try {
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'ignore' })
    execFileSync('ip', ['netns', 'exec', probe, 'true'], { stdio: 'ignore' })
    return false
  } catch {
    return 'this machine lets us make no network namespace (iproute2 missing, or no permission)'
  } finally {
    try {
      execFileSync('ip', ['netns', 'del', probe], { stdio: 'ignore' })
    } catch {
      // It was never made.
    }
  }
}
