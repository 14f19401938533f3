import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costOfProcess, interleave, measure, median, percentile } from './measure.ts'
import { drawChart } from './plot.ts'
import { formatTable, judge } from './report.ts'

test('counts a ratio above 1 as better, for costs and for rates', () => {
  assert.equal(judge({ name: 'a', unit: 'ms', better: 'less', ours: 2, reference: 6 }).ratio, 3)
  assert.equal(judge({ name: 'a', unit: '/s', better: 'more', ours: 6, reference: 2 }).ratio, 3)
})

test('says whether a bar holds, and does not take a missing reference for success', () => {
  const cost = { name: 'a', unit: 'MB', better: 'less', ours: 200 } as const
  assert.equal(judge({ ...cost, bar: { atMost: 200 } }).holds, true)
  assert.equal(judge({ ...cost, bar: { atMost: 199 } }).holds, false)
  assert.equal(judge({ ...cost, bar: { atLeast: 201 } }).holds, false)
  assert.equal(judge({ ...cost, reference: 600, bar: { ratio: 3 } }).holds, true)
  assert.equal(judge({ ...cost, reference: 599, bar: { ratio: 3 } }).holds, false)
  assert.equal(judge({ ...cost, bar: { ratio: 3 } }).holds, false)
  assert.equal(judge({ ...cost, bar: { atMost: 200 } }).bar, '<= 200 MB')
  assert.deepEqual(judge(cost), { name: 'a', unit: 'MB', ours: 200 })
})

test('prints a table whose columns line up', () => {
  const lines = formatTable([
    judge({
      name: 'first sync',
      unit: 's',
      better: 'less',
      ours: 4.5,
      reference: 20,
      bar: { ratio: 3 },
    }),
    judge({ name: 'memory', unit: 'MB', better: 'less', ours: 12_345 }),
  ]).split('\n')
  assert.equal(lines[2], 'first sync  s       4.50         20  4.44×  ratio >= 3  yes')
  assert.equal(lines[3], 'memory      MB    12,345')
})

test('takes medians and percentiles', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(percentile([1, 2, 3, 4, 5], 100), 5)
  assert.equal(percentile([10], 99), 10)
})

test('lets the sides take turns and answers the median of each number', async () => {
  const order: string[] = []
  const side = (name: string, value: number) => async (round: number) => {
    order.push(name)
    return { wall: value + round, cpu: value }
  }
  const found = await interleave({ a: side('a', 10), b: side('b', 20) }, { rounds: 3 })
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b'])
  assert.deepEqual(found, { a: { wall: 11, cpu: 10 }, b: { wall: 21, cpu: 20 } })
})

test('stops between turns when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('stopped'))
  await assert.rejects(interleave({ a: async () => ({ wall: 1 }) }, { signal }), /stopped/)
})

test('measures processor time and memory of this process, and of any other where Linux tells', async () => {
  const cost = await measure(() => {
    const end = process.cpuUsage().user + 30_000
    while (process.cpuUsage().user < end);
  })
  assert.ok(cost.cpu >= 29 && cost.wall >= 0 && cost.rss > 1_000_000, JSON.stringify(cost))
  const other = costOfProcess(process.pid)
  if (process.platform === 'linux') assert.ok(other && other.rss > 1_000_000 && other.cpu >= 20)
  assert.equal(costOfProcess(2 ** 30), undefined)
})

test('draws a chart of its own, and refuses what a logarithm does not know', () => {
  const series = [
    {
      name: 'ours <b>',
      points: [
        [10_000, 2],
        [1_000_000, 3.5],
      ] as const,
    },
  ]
  const svg = drawChart({ title: 'A & B', x: 'messages', y: 'ms', series })
  assert.match(svg, /<polyline [^>]*points="[\d.]+,[\d.]+ [\d.]+,[\d.]+"/)
  assert.match(svg, /A &amp; B/)
  assert.match(svg, /ours &lt;b>/)
  assert.ok(!svg.includes('NaN'))
  assert.throws(
    () => drawChart({ title: 'x', x: '', y: '', series: [{ name: '', points: [[0, 1]] }] }),
    RangeError,
  )
})
