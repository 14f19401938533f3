/** Progress of long work on a terminal; silent where stderr is none. */
import type { Terminal } from '#cli/command.ts'
import type { Progress } from '#node/answers.ts'

/** A bar that is drawn over itself. */
export interface ProgressBar {
  show(progress: Progress): void
  /** Takes the bar away. */
  clear(): void
}

/** Drawn at most ten times a second. */
export function progressBar({ stderr }: Terminal, now: () => number = Date.now): ProgressBar {
  let last = 0
  let drawn = false
  return {
    show(progress) {
      if (!stderr.isTTY || now() - last < 100) return
      last = now()
      drawn = true
      stderr.write(`\r\u001b[K${progressLine(progress, stderr.columns ?? 80)}`)
    },
    clear() {
      if (drawn) stderr.write('\r\u001b[K')
      drawn = false
    },
  }
}

/** One line of at most `width` columns. */
export function progressLine({ what, done, total }: Progress, width: number): string {
  const count = done.toLocaleString('en')
  if (!total) return `${what}  ${count}`.slice(0, width - 1)
  const share = Math.min(1, done / total)
  const tail = `${String(Math.floor(share * 100)).padStart(3)} %  ${count} of ${total.toLocaleString('en')}`
  const room = Math.min(30, width - what.length - tail.length - 6)
  if (room < 5) return `${what}  ${tail}`.slice(0, width - 1)
  const full = Math.round(share * room)
  return `${what}  ${'█'.repeat(full)}${'░'.repeat(room - full)}  ${tail}`
}
