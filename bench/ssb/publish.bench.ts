/** Publishing one message after the other, until it outlives the process. */
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { interleave } from '../measure.ts'
import { hasReference, runScript } from './processes.ts'

type Numbers = Readonly<Record<'accepted' | 'durable', number>>

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
    const name = 'publish one message'
    if (!hasReference()) {
      say('the reference stack is not installed (npm run test:interop installs it): ours alone')
      const { durable } = (await interleave({ ours }, settings)).ours
      return [
        { name: `${name}, durable`, unit: '/s', better: 'more', ours: durable, bar: { ratio: 2 } },
      ]
    }
    const reference = side('reference.cjs', ['publish'])
    const medians = await interleave({ ours, reference }, settings)
    return [
      {
        name: `${name}, durable`,
        unit: '/s',
        better: 'more',
        ours: medians.ours.durable,
        reference: medians.reference.durable,
        bar: { ratio: 2 },
      },
      {
        name: `${name}, durable against merely accepted`,
        unit: '/s',
        better: 'more',
        ours: medians.ours.durable,
        reference: medians.reference.accepted,
      },
    ]
  },
}
