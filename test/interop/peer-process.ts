/** A foreign peer in a process of its own, driven by one JSON line a command (see peers/). */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve as resolvePath } from 'node:path'
import { createInterface } from 'node:readline'
import { isObject, type Json } from '#base/json.ts'

/** A running foreign peer; disposing it ends the process and removes its folder. */
export interface PeerProcess extends AsyncDisposable {
  readonly feed: string
  readonly port: number
  /** Where it keeps what it has, until it is disposed. */
  readonly folder: string
  /** The `ready` line the peer printed. */
  readonly ready: Readonly<Record<string, Json>>
  /** What the peer failed on without a command of ours, one text each. */
  readonly crashes: readonly string[]
  /** Runs a command. @throws Error with the peer's own message */
  do(command: string, fields?: Readonly<Record<string, Json>>): Promise<Json>
  /** Asks until the answer satisfies; the one place that polls, since foreign peers have no events for all of it. */
  until(
    command: string,
    fields: Readonly<Record<string, Json>>,
    good: (answer: Json) => boolean,
    ms?: number,
  ): Promise<Json>
}

/** Milliseconds that any command may take. */
const PATIENCE = 60_000

/** Starts `peers/<script>` (or the script of an absolute path) on a free port. `within` puts it behind a command (`ip netns exec …`). */
export async function startPeer(
  script: string,
  options: {
    readonly args?: readonly string[]
    readonly within?: readonly string[]
    readonly port?: number
  } = {},
): Promise<PeerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'metalife-peer-'))
  const port = options.port ?? (await freePort())
  const line = [
    ...(options.within ?? []),
    process.execPath,
    resolvePath(import.meta.dirname, 'peers', script),
  ]
  const child = spawn(
    line[0] ?? '',
    [...line.slice(1), folder, String(port), ...(options.args ?? [])],
    {
      stdio: ['pipe', 'pipe', process.env['INTEROP_LOG'] ? 'inherit' : 'ignore'],
    },
  )
  const waiting = new Map<
    number,
    { resolve: (value: Json) => void; reject: (error: Error) => void }
  >()
  const ready = Promise.withResolvers<Readonly<Record<string, Json>>>()
  const exited = Promise.withResolvers<void>()
  const crashes: string[] = []
  child.on('exit', (code) => {
    const error = new Error(`the peer ${script} ended with code ${code}`)
    ready.reject(error)
    for (const one of waiting.values()) one.reject(error)
    exited.resolve()
  })
  createInterface({ input: child.stdout }).on('line', (text) => {
    const answer: unknown = text.startsWith('{') ? JSON.parse(text) : undefined
    if (!isObject(answer)) return
    if (answer['event'] === 'ready') ready.resolve(answer)
    if (answer['event'] === 'crash') crashes.push(String(answer['error']))
    const one = waiting.get(Number(answer['id']))
    if (!one) return
    waiting.delete(Number(answer['id']))
    if (typeof answer['error'] === 'string') one.reject(new Error(answer['error']))
    else one.resolve(answer['ok'] ?? null)
  })
  let last = 0
  async function run(command: string, fields: Readonly<Record<string, Json>> = {}): Promise<Json> {
    const id = ++last
    const answer = Promise.withResolvers<Json>()
    waiting.set(id, answer)
    child.stdin.write(`${oneLine({ id, do: command, ...fields })}\n`)
    const late = new Error(`the peer ${script} did not answer ${command} within ${PATIENCE} ms`)
    const timer = setTimeout(() => answer.reject(late), PATIENCE)
    try {
      return await answer.promise
    } finally {
      clearTimeout(timer)
      waiting.delete(id)
    }
  }
  const first = await ready.promise
  return {
    feed: String(first['feed']),
    port,
    folder,
    ready: first,
    crashes,
    do: run,
    async until(command, fields, good, ms = 20_000) {
      const end = Date.now() + ms
      for (;;) {
        const answer = await run(command, fields)
        if (good(answer)) return answer
        if (Date.now() > end)
          throw new Error(`${command} still answers ${JSON.stringify(answer)} after ${ms} ms`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      const force = setTimeout(() => child.kill('SIGKILL'), 2_000)
      await exited.promise
      clearTimeout(force)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** readline ends a line at U+2028 and U+2029 too. */
function oneLine(value: Json): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

/** A TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
