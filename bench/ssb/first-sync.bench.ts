/** First sync by EBT: a fresh node of ours and a fresh peer of the reference stack, in turns, from one server. */
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { interleave } from '../measure.ts'
import type { Measured } from '../report.ts'
import { hasReference, runScript, startServer, writeDataSet } from './processes.ts'

type Numbers = Readonly<Record<'served' | 'checked' | 'cpu' | 'rss', number>>

export const bench: Bench = {
  title: 'First sync of a data set by EBT',
  options: { messages: '50000', feeds: '200', rounds: '5' },
  async run({ options, folder, signal, say }) {
    const messages = Number(options['messages'] ?? 50_000)
    const feeds = Number(options['feeds'] ?? 200)
    const dump = join(folder, 'data-set.ndjson')
    await writeDataSet(dump, messages, feeds)
    await using server = await startServer(join(folder, 'server'), dump, feeds)
    let run = 0
    const ours = (): Promise<Numbers> =>
      runScript(
        'receive.ts',
        [join(folder, `ours-${run++}`), server.address, String(messages), String(feeds)],
        signal,
      ) as Promise<Numbers>
    const reference = (): Promise<Numbers> =>
      runScript(
        'reference.cjs',
        ['sync', join(folder, `reference-${run++}`), server.address, dump],
        signal,
      ) as Promise<Numbers>
    const settings = { rounds: Number(options['rounds'] ?? 5), signal, say }
    if (!hasReference()) {
      say('the reference stack is not installed (npm run test:interop installs it): ours alone')
      return judged(messages, (await interleave({ ours }, settings)).ours, undefined)
    }
    const medians = await interleave({ ours, reference }, settings)
    return judged(messages, medians.ours, medians.reference)
  },
}

function judged(messages: number, ours: Numbers, reference: Numbers | undefined): Measured[] {
  const name = `first sync of ${messages} messages`
  const against = (key: keyof Numbers, scale = 1): { reference?: number } =>
    reference ? { reference: reference[key] / scale } : {}
  return [
    {
      name: `${name}, to a served home timeline`,
      unit: 'ms',
      better: 'less',
      ours: ours.served,
      ...against('served'),
      bar: { ratio: 3 },
    },
    {
      name: `${name}, to the last checked signature`,
      unit: 'ms',
      better: 'less',
      ours: ours.checked,
      ...against('checked'),
    },
    {
      name: `${name}, processor time of the receiver`,
      unit: 'ms',
      better: 'less',
      ours: ours.cpu,
      ...against('cpu'),
      bar: { ratio: 1 },
    },
    {
      name: `${name}, most memory of the receiver`,
      unit: 'MB',
      better: 'less',
      ours: ours.rss / 1e6,
      ...against('rss', 1e6),
      bar: { atMost: 200 },
    },
  ]
}
