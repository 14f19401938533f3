/** Publishing one message after the other, until it outlives the process. */
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { interleave } from '../measure.ts'
import { hasReference, runScript } from './processes.ts'

type Numbers = Readonly<Record<'each' | 'accepted' | 'durable', number>>

export const bench: Bench = {
  title: 'Publishing',
  options: { posts: '2000', rounds: '5' },
  async run({ options, folder, signal, say }) {
    const posts = options['posts'] ?? '2000'
    let run = 0
    const side = (script: string, work: readonly string[]) => (): Promise<Numbers> =>
      runScript(script, [...work, join(folder, `${run++}`), posts], signal) as Promise<Numbers>
    const ours = side('publish.ts', [])
    const settings = { rounds: Number(options['rounds'] ?? 5), signal, say }
    const name = 'publish one message, durable before the next'
    if (!hasReference()) {
      say('the reference stack is not installed (npm run test:interop installs it): ours alone')
      const { each } = (await interleave({ ours }, settings)).ours
      return [{ name, unit: '/s', better: 'more', ours: each, bar: { ratio: 2 } }]
    }
    const reference = side('reference.cjs', ['publish'])
    const medians = await interleave({ ours, reference }, settings)
    return [
      {
        name,
        unit: '/s',
        better: 'more',
        ours: medians.ours.each,
        reference: medians.reference.each,
        bar: { ratio: 2 },
      },
      {
        name: `publish ${posts} messages in a row, all durable at the end`,
        unit: '/s',
        better: 'more',
        ours: medians.ours.durable,
        reference: medians.reference.durable,
      },
    ]
  },
}
