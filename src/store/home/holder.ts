/** Who holds a home: a process, told apart from a later one with the same id by when it started. */
import { readFile } from 'node:fs/promises'

import { isObject, type Json } from '#base/json.ts'

/** A process on this machine. */
export type Holder = {
  readonly pid: number
  /** Milliseconds since 1970 at which it took the home. */
  readonly since: number
  /** What tells this process from others that get its id later; absent where the system does not say. */
  readonly started?: string
}

/** This process. */
export async function thisProcess(since: number): Promise<Holder> {
  const started = await startOf(process.pid)
  return { pid: process.pid, since, ...(started === undefined ? {} : { started }) }
}

/** True when the holder is a living process other than this one. */
export async function isAliveElsewhere(holder: Holder): Promise<boolean> {
  if (holder.pid === process.pid || holder.started === undefined) return false
  return (await startOf(holder.pid)) === holder.started
}

/** Reads what `JSON.stringify` made of a holder; undefined when it is something else. */
export function parseHolder(text: string): Holder | undefined {
  const value = parseJson(text)
  if (!isObject(value)) return undefined
  const { pid, since, started } = value
  if (!Number.isSafeInteger(pid) || typeof since !== 'number') return undefined
  const known = typeof started === 'string' ? { started } : {}
  return { pid: Number(pid), since, ...known }
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** The boot and the tick at which a process started (proc(5), /proc/[pid]/stat field 22); undefined when there is none. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in brackets, may itself hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, tick] = [fields[0], fields[19]]
    return state === 'Z' || tick === undefined ? undefined : `${boot.trim()}/${tick}`
  } catch {
    return undefined
  }
}
