/** What a benchmark answers, and how people and programs read it. */

/** One line of a benchmark's result, as `--json` prints it. */
export type Result = {
  readonly name: string
  readonly unit: string
  readonly ours: number
  /** The same work done by what we compare ourselves with, in the same run. */
  readonly reference?: number
  /** How many times better we are than the reference: above 1 is better, for rates as for costs. */
  readonly ratio?: number
  /** What must hold, as people read it: `ratio >= 3`, `<= 200 MB`. */
  readonly bar?: string
  readonly holds?: boolean
}

/** What must hold. A ratio is counted as in `Result.ratio`. */
export type Bar =
  | { readonly ratio: number }
  | { readonly atMost: number }
  | { readonly atLeast: number }

/** One measured thing before it is judged. */
export type Measured = {
  readonly name: string
  readonly unit: string
  /** Whether a small number is good (time, memory) or a big one (a rate). */
  readonly better: 'less' | 'more'
  readonly ours: number
  readonly reference?: number
  readonly bar?: Bar
}

/** Judges a measurement by its bar. A bar on the ratio does not hold where there is no reference. */
export function judge(measured: Measured): Result {
  const { name, unit, better, ours, reference, bar } = measured
  const ratio =
    reference === undefined ? undefined : better === 'less' ? reference / ours : ours / reference
  return {
    name,
    unit,
    ours,
    ...(reference === undefined || ratio === undefined ? {} : { reference, ratio }),
    ...(bar === undefined ? {} : { bar: barText(bar, unit), holds: holds(bar, ours, ratio) }),
  }
}

/** Lines with aligned columns, one for each result. */
export function formatTable(results: readonly Result[]): string {
  const head = ['what', 'unit', 'ours', 'reference', 'ratio', 'bar', 'holds']
  const rows = results.map((result) => [
    result.name,
    result.unit,
    formatNumber(result.ours),
    formatNumber(result.reference),
    result.ratio === undefined ? '' : `${formatNumber(result.ratio)}×`,
    result.bar ?? '',
    result.holds === undefined ? '' : result.holds ? 'yes' : 'NO',
  ])
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column >= 2 && column <= 4
          ? cell.padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** A number for people: three or four digits that mean something. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined) return ''
  if (!Number.isFinite(value)) return String(value)
  const digits =
    Math.abs(value) >= 1000 || Number.isInteger(value)
      ? 0
      : Math.abs(value) >= 100
        ? 1
        : Math.abs(value) >= 1
          ? 2
          : 4
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

function holds(bar: Bar, ours: number, ratio: number | undefined): boolean {
  if ('ratio' in bar) return ratio !== undefined && ratio >= bar.ratio
  return 'atMost' in bar ? ours <= bar.atMost : ours >= bar.atLeast
}

function barText(bar: Bar, unit: string): string {
  if ('ratio' in bar) return `ratio >= ${bar.ratio}`
  return 'atMost' in bar ? `<= ${bar.atMost} ${unit}` : `>= ${bar.atLeast} ${unit}`
}
