/** Starts a node as a process of its own, hears what it says, and kills it at a moment. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Orders, Said } from './victim.ts'

export type KillAt = {
  /** False: the time counts from the start of the process, not from when the node is ready. */
  readonly ready: boolean
  readonly after: number
}

/**
 * Runs the victim until it leaves, or until the moment to kill it (SIGKILL) has come.
 *
 * @param hear is called for every line that the victim wrote, those before its end included
 * @throws Error with what it wrote on stderr when it ended by itself although it was to be killed
 */
export async function runVictim(
  orders: Orders,
  options: {
    readonly killAt?: KillAt
    readonly cache: string
    readonly hear: (said: Said) => void
  },
): Promise<void> {
  const { killAt, cache, hear } = options
  const program = join(import.meta.dirname, 'victim.ts')
  const child = spawn(process.execPath, [program, JSON.stringify(orders)], {
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const ready = Promise.withResolvers<void>()
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    // A line that the kill cut off was never said.
    const said = parseSaid(line)
    if (said) hear(said)
    if (said && 'own' in said) ready.resolve()
  })
  const heardAll = once(lines, 'close')
  if (killAt) {
    if (killAt.ready) await Promise.race([ready.promise, closed])
    await Promise.race([pause(killAt.after, undefined, { ref: false }), closed])
    child.kill('SIGKILL')
  }
  const [code, signal] = await closed
  await heardAll
  if (killAt ? signal !== 'SIGKILL' : code !== 0) {
    throw new Error(`The victim ended by itself (${code ?? signal}):\n${complaints}`)
  }
}

function parseSaid(line: string): Said | undefined {
  try {
    return JSON.parse(line) as Said
  } catch {
    return undefined
  }
}
