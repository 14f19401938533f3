/** Processes of the benchmarks: ours and the reference stack's, each printing one line of JSON. */
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { heapFlags } from '../../scripts/set-up/heap-flags.mjs'
import { dataSet } from './data-set.ts'

const here = import.meta.dirname

/** True when the reference stack is installed (`npm run test:interop` does it). */
export function hasReference(): boolean {
  return existsSync(join(here, '../../test/interop/stack/node_modules/ssb-db2/package.json'))
}

/** Runs a script of this folder to its end and answers what it printed. @throws Error with its exit code */
export async function runScript(
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  // Ours runs as `metalife start` runs it; the reference as its users run it.
  const flags = script.endsWith('.ts') ? heapFlags({}) : ['--no-deprecation']
  const child = spawn(process.execPath, [...flags, join(here, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  })
  let last = ''
  createInterface({ input: child.stdout }).on('line', (line) => (last = line))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${script} ended with ${code}`)
  return JSON.parse(last) as Record<string, number>
}

/** A serving process; disposing it ends it. */
export interface Server extends AsyncDisposable {
  readonly address: string
}

/** Starts `serve.ts` over a dump and waits until it serves. */
export async function startServer(folder: string, dump: string, feeds: number): Promise<Server> {
  const child = spawn(process.execPath, [join(here, 'serve.ts'), folder, dump, String(feeds)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => {
      throw new Error('the server ended before it served')
    }),
  ])) as [string]
  return {
    address: (JSON.parse(line) as { address: string }).address,
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

/** Writes a data set as a dump, one message a line. */
export async function writeDataSet(path: string, messages: number, feeds: number): Promise<void> {
  const file = createWriteStream(path)
  for (const message of dataSet(messages, feeds)) {
    file.write(message.bytes)
    if (!file.write('\n')) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
}
