/** `npm run bench -- NAME [--json] [--option value]…`: runs bench/NAME.bench.ts and bench/NAME/*.bench.ts. */
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Bench } from './bench.ts'
import { drawChart, type Chart } from './plot.ts'
import { formatTable, judge, type Result } from './report.ts'

const here = import.meta.dirname
process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const [name] = args.filter((argument) => !argument.startsWith('-'))
  if (name === undefined || args.includes('--help')) {
    console.log(
      `npm run bench -- NAME [--json] [--option value]…\n\n${(await describeAll()).join('\n')}`,
    )
    return args.includes('--help') ? 0 : 2
  }
  const files = filesOf(name)
  if (files.length === 0) {
    console.error(`There is no benchmark ${name}. There are: ${names().join(', ') || 'none yet'}.`)
    return 2
  }
  const options = readOptions(
    args.toSpliced(args.indexOf(name), 1).filter((argument) => argument !== '--json'),
  )
  const benches = await Promise.all(files.map(load))
  const unknown = Object.keys(options).find(
    (option) => !benches.some((bench) => Object.hasOwn(bench.options ?? {}, option)),
  )
  if (unknown !== undefined) {
    console.error(`The benchmark ${name} has no option --${unknown}.`)
    return 2
  }
  const results: Result[] = []
  for (const bench of benches) results.push(...(await run(bench, options)))
  if (args.includes('--json')) console.log(JSON.stringify(results, null, 2))
  else console.log(`${machine()}\n\n${formatTable(results)}`)
  const missed = results.filter((result) => result.holds === false).length
  if (missed > 0)
    console.error(`${missed} of ${results.filter(({ bar }) => bar).length} bars do not hold.`)
  return 0
}

async function run(
  bench: Bench,
  options: Readonly<Record<string, string>>,
): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'metalife-bench-'))
  const controller = new AbortController()
  const stop = (): void => controller.abort(new Error('The benchmark was stopped.'))
  process.once('SIGINT', stop)
  try {
    console.error(bench.title)
    const say = (line: string): void => console.error(`  ${line}`)
    const measured = await bench.run({ options, folder, signal: controller.signal, say, plot })
    return measured.map(judge)
  } finally {
    process.removeListener('SIGINT', stop)
    rmSync(folder, { recursive: true, force: true })
  }
}

function plot(name: string, chart: Chart): void {
  const folder = join(here, '..', 'docs', 'bench')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.svg`), drawChart(chart))
}

function filesOf(name: string): readonly string[] {
  return globSync([`${name}.bench.ts`, `${name}/*.bench.ts`], { cwd: here }).toSorted()
}

function names(): readonly string[] {
  const all = globSync(['*.bench.ts', '*/*.bench.ts'], { cwd: here })
  return [
    ...new Set(all.map((file) => file.split(/[\\/]/)[0]?.replace('.bench.ts', '') ?? '')),
  ].toSorted()
}

async function load(file: string): Promise<Bench> {
  const { bench }: { bench?: Bench } = await import(pathToFileURL(join(here, file)).href)
  if (bench === undefined) throw new Error(`${basename(file)} exports no "bench".`)
  return bench
}

async function describeAll(): Promise<readonly string[]> {
  const lines: string[] = []
  for (const name of names()) {
    for (const file of filesOf(name)) {
      const { title, options = {} } = await load(file)
      lines.push(`  ${name.padEnd(12)} ${title}`)
      for (const [option, help] of Object.entries(options)) lines.push(`    --${option}  ${help}`)
    }
  }
  return lines.length > 0 ? lines : ['There is no benchmark yet.']
}

/** `--a 1 --b=2` as an object. */
function readOptions(args: readonly string[]): Readonly<Record<string, string>> {
  const options: Record<string, string> = {}
  for (let at = 0; at < args.length; at++) {
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(args[at] ?? '') ?? []
    if (name === undefined) continue
    const next = args[at + 1]
    if (value !== undefined) options[name] = value
    else if (next === undefined || next.startsWith('--')) options[name] = 'yes'
    else options[name] = args[++at] ?? ''
  }
  return options
}

function machine(): string {
  const gigabytes = Math.round(totalmem() / 1024 ** 3)
  return `Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${gigabytes} GiB`
}
