/** Runs a node under attack in a process of its own, and asks it how it is. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Ask, State, TargetOrders } from './target.ts'

export interface Target extends AsyncDisposable {
  readonly address: string
  /** @throws Error with what it wrote on stderr when it is gone */
  ask(ask?: Ask): Promise<State>
}

/** Starts the node; disposing stops it, and throws when it did not end well. */
export async function runTarget(orders: TargetOrders): Promise<Target> {
  const program = join(import.meta.dirname, 'target.ts')
  const child = spawn(process.execPath, ['--expose-gc', program, JSON.stringify(orders)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const ended = once(child, 'close').then(
    ([code]) => new Error(`The node ended with ${code}:\n${complaints}`),
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  async function next<T>(): Promise<T> {
    const line = await lines.next()
    if (line.done) throw await ended
    return JSON.parse(line.value) as T
  }
  const { address } = await next<{ readonly address: string }>()
  let turn: Promise<unknown> = Promise.resolve()
  return {
    address,
    ask(ask = {}) {
      const answered = turn.then(() => {
        child.stdin.write(`${JSON.stringify(ask)}\n`)
        return next<State>()
      })
      turn = answered.catch(() => undefined)
      return answered
    },
    async [Symbol.asyncDispose]() {
      child.stdin.on('error', () => undefined).end()
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000)
      const end = await ended
      clearTimeout(kill)
      if (child.exitCode !== 0 || complaints !== '') throw end
    },
  }
}
