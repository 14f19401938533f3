/** What a file `NAME.bench.ts` exports as `bench`. */
import type { Measured } from './report.ts'
import type { Chart } from './plot.ts'

export type Bench = {
  readonly title: string
  /** Options after the name, as `--help` shows them: `--sizes 10000,50000`. */
  readonly options?: Readonly<Record<string, string>>
  readonly run: (context: BenchContext) => Promise<readonly Measured[]>
}

/** What a benchmark gets. */
export type BenchContext = {
  /** Options as they were given, without their dashes. */
  readonly options: Readonly<Record<string, string>>
  /** An empty folder that is removed afterwards. */
  readonly folder: string
  /** Ends on Ctrl-C. */
  readonly signal: AbortSignal
  /** Says how far it is; never on standard output, which holds the result. */
  say(line: string): void
  /** Writes docs/bench/NAME.svg. */
  plot(name: string, chart: Chart): void
}
