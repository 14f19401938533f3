/** Reading and starting, as what is stored grows. */
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import type { Measured } from '../report.ts'
import { runScript, startServer, writeDataSet } from './processes.ts'

type Numbers = Readonly<Record<string, number>>

const shown = [
  ['home', 'home timeline, newest page of 20'],
  ['older', 'home timeline, an older page of 20'],
  ['thread', 'a thread'],
  ['profile', 'a profile and its newest 20 posts'],
] as const

export const bench: Bench = {
  title: 'Reading and starting, from 10,000 to 1,000,000 messages',
  options: { sizes: '10000,50000,250000,1000000', feeds: '200' },
  async run({ options, folder, signal, say, plot }) {
    const sizes = (options['sizes'] ?? '10000,50000,250000,1000000').split(',').map(Number)
    const feeds = Number(options['feeds'] ?? 200)
    const found = new Map<number, Numbers>()
    for (const size of sizes) {
      say(`${size} messages: making and storing them`)
      const dump = join(folder, `${size}.ndjson`)
      await writeDataSet(dump, size, feeds)
      const home = join(folder, `home-${size}`)
      const started = performance.now()
      await (await startServer(home, dump, feeds))[Symbol.asyncDispose]()
      const stored = performance.now() - started
      say(`${size} messages: reading`)
      found.set(size, { ...(await runScript('read.ts', [home, String(feeds)], signal)), stored })
    }
    plot('ssb-reading', {
      title: 'Time of a read (p99) by messages stored',
      x: 'messages',
      y: 'ms',
      series: shown.map(([key, name]) => ({
        name,
        points: [...found].map(([size, numbers]) => [size, numbers[`${key}99`] ?? 0] as const),
      })),
    })
    return [...found].flatMap(([size, numbers]) => rows(size, numbers, found.get(50_000)))
  },
}

function rows(size: number, numbers: Numbers, small: Numbers | undefined): Measured[] {
  const at = `at ${size} messages`
  const ms = (name: string, key: string, atMost?: number): Measured => ({
    name: `${name} ${at}`,
    unit: 'ms',
    better: 'less',
    ours: numbers[key] ?? Number.NaN,
    ...(atMost !== undefined && { bar: { atMost } }),
  })
  const judged = size >= 50_000
  const reads = shown.flatMap(([key, name]) => [
    ms(`${name}, p50`, `${key}50`),
    ms(`${name}, p99`, `${key}99`, judged ? 10 : undefined),
  ])
  const growth = shown.map(([key, name]): Measured => ({
    name: `${name}, growth of p50 from 50000 ${at}`,
    unit: '×',
    better: 'less',
    ours: (numbers[`${key}50`] ?? 0) / (small?.[`${key}50`] ?? Number.NaN),
    bar: { atMost: 2 },
  }))
  return [
    ...reads,
    ...(size === 1_000_000 && small ? growth : []),
    ms('start to ready', 'ready', size === 1_000_000 ? 2_000 : undefined),
    ms('import and check of all messages', 'stored'),
    {
      name: `memory after reading ${at}`,
      unit: 'MB',
      better: 'less',
      ours: (numbers['rss'] ?? 0) / 1e6,
    },
  ]
}
