/** Measuring: wall time, processor time and memory, and medians of rounds in which the sides take turns. */
import { readFileSync } from 'node:fs'

/** What one piece of work cost. */
export type Cost = {
  /** Milliseconds on the clock. */
  readonly wall: number
  /** Milliseconds of processor time, user and system, of every thread of the process. */
  readonly cpu: number
  /** Most resident memory seen while it ran, in bytes. */
  readonly rss: number
}

/** Measures work done by this process. */
export async function measure(action: () => unknown): Promise<Cost> {
  let rss = process.memoryUsage.rss()
  const sample = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), 20)
  const cpu = process.cpuUsage()
  const started = performance.now()
  try {
    await action()
    const wall = performance.now() - started
    const used = process.cpuUsage(cpu)
    return {
      wall,
      cpu: (used.user + used.system) / 1000,
      rss: Math.max(rss, process.memoryUsage.rss()),
    }
  } finally {
    clearInterval(sample)
  }
}

/**
 * What another process has cost since it started: processor time and its most resident memory, as Linux counts them.
 *
 * @returns undefined where there is no /proc, or the process has ended
 */
export function costOfProcess(pid: number): Omit<Cost, 'wall'> | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12]) // utime and stime of proc(5), in hundredths of a second
    const high = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return { cpu: ticks * 10, rss: Number(high) * 1024 }
  } catch {
    return undefined
  }
}

/**
 * Runs every side once a round, in an order that turns with the round, so that what else the machine does weighs on all.
 *
 * @param sides each runs the work once and answers numbers under names
 * @returns the median of every number of every side
 */
export async function interleave<Side extends string, Name extends string>(
  sides: Readonly<Record<Side, (round: number) => Promise<Readonly<Record<Name, number>>>>>,
  options: {
    readonly rounds?: number
    readonly signal?: AbortSignal
    readonly say?: (line: string) => void
  } = {},
): Promise<Record<Side, Record<Name, number>>> {
  const { rounds = 5, signal, say } = options
  const entries = Object.entries(sides) as [Side, (typeof sides)[Side]][]
  const seen = new Map<Side, Readonly<Record<Name, number>>[]>(entries.map(([side]) => [side, []]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      signal?.throwIfAborted()
      const [side, run] = entries[(round + turn) % entries.length] ?? []
      if (side === undefined || run === undefined) continue
      say?.(`round ${round + 1} of ${rounds}: ${side}`)
      seen.get(side)?.push(await run(round))
    }
  }
  return Object.fromEntries(
    entries.map(([side]) => [side, medians(seen.get(side) ?? [])]),
  ) as Record<Side, Record<Name, number>>
}

/** The middle value; between two middle ones their mean. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** The value that `share` percent of the values do not exceed, between two neighbours in proportion. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = ((sorted.length - 1) * share) / 100
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (high - low) * (at - Math.floor(at))
}

function medians<Name extends string>(
  rounds: readonly Readonly<Record<Name, number>>[],
): Record<Name, number> {
  const names = Object.keys(rounds[0] ?? {}) as Name[]
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((round) => round[name]))]),
  ) as Record<Name, number>
}
