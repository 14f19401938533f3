/** What the data costs by itself: storing what arrives, and reading it, as it grows. */
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import type { Network } from '#network/network.ts'
import { socialCore, type SocialCore } from '#social/core.ts'
import { openSocial, type OpenSocial } from '#social/open-social.ts'
import { openStore } from '#store/store.ts'
import type { Bench, BenchContext } from './bench.ts'
import { intakes, NETWORK, people } from './data-deeds.ts'
import type { Measured } from './report.ts'

const me = { network: NETWORK, id: '@me.ed25519' }
/** Reads of each kind. */
const READS = 500

export const bench: Bench = {
  title: 'The data: storing what arrives, reading it',
  options: { sizes: '10000,50000: messages', batch: '500: messages an intake' },
  async run(context) {
    const sizes = (context.options['sizes'] ?? '10000,50000').split(',').map(Number)
    const results: Measured[] = []
    for (const size of sizes) results.push(...(await measureSize(context, size)))
    return results
  },
}

async function measureSize(context: BenchContext, size: number): Promise<Measured[]> {
  const clock = systemClock()
  const key = Buffer.alloc(32, 1)
  const path = join(context.folder, `${size}.db`)
  await using store = await openStore({ path, key, clock })
  const core = socialCore(store, clock)
  await using social = await openSocial({ core, networks: [silent()], identities: [me] })
  await followEverybody(core)
  const cpu = await storeAll(context, core, size)
  const measured: Measured[] = [
    {
      name: `store, ${size} messages: CPU each`,
      unit: 'µs',
      better: 'less',
      ours: cpu,
      bar: { atMost: 35 },
    },
  ]
  for (const [name, read] of Object.entries(await readsOf(core, social))) {
    context.say(`${size} messages: ${name}`)
    const times: number[] = []
    for (let i = 0; i < READS; i++) {
      const started = performance.now()
      await read(i)
      times.push(performance.now() - started)
    }
    times.sort((a, b) => a - b)
    const at = (share: number): number => times[Math.floor(times.length * share)]!
    const common = { unit: 'ms', better: 'less' } as const
    measured.push({ ...common, name: `${name}, ${size} messages: p50`, ours: at(0.5) })
    const bar = { atMost: 10 }
    measured.push({ ...common, name: `${name}, ${size} messages: p99`, ours: at(0.99), bar })
  }
  return measured
}

/** µs of processor time a message; making the messages is not counted. */
async function storeAll(context: BenchContext, core: SocialCore, size: number): Promise<number> {
  let spent = 0
  let done = 0
  const batch = Number(context.options['batch'] ?? 500)
  for (const intake of intakes(size, batch)) {
    context.signal.throwIfAborted()
    const before = process.cpuUsage()
    await core.receiver.receive(NETWORK, intake)
    const { user, system } = process.cpuUsage(before)
    spent += user + system
    done += intake.records?.length ?? 0
    if (done % 50_000 < batch) context.say(`${size} messages: stored ${done}`)
  }
  return spent / done
}

async function followEverybody({ receiver }: SocialCore): Promise<void> {
  const ref = { network: NETWORK, id: '%mine' }
  const record = { id: ref.id, feed: me.id, sequence: 1, bytes: Buffer.from('{}') }
  const at = Date.UTC(2015, 0, 1)
  const deeds = people.map(
    (whom) => ({ kind: 'follow', ref, actor: me, at, whom, on: true }) as const,
  )
  await receiver.receive(NETWORK, { records: [record], deeds })
}

/** Reads at places all over the data. */
async function readsOf({ store }: SocialCore, social: OpenSocial) {
  const newest = await store.read
    .selectFrom('post')
    .select((e) => e.fn.max('nr').as('nr'))
    .executeTakeFirstOrThrow()
  const ids: string[] = []
  for (let i = 0; i < READS; i++) {
    const row = await store.read
      .selectFrom('post')
      .select('id')
      .where('nr', '>=', Math.floor(((newest.nr ?? 0) * ((i * 7919) % READS)) / READS))
      .orderBy('nr')
      .limit(1)
      .executeTakeFirst()
    if (row) ids.push(String(row.id))
  }
  const place = (i: number): string => ids[i % ids.length]!
  const authors = await store.read.selectFrom('feed').select('identity_id').limit(200).execute()
  const author = (i: number): string => String(authors[i % authors.length]!.identity_id)
  return {
    'home, newest page': () => social.home(),
    'home, any page': (i: number) => social.home({ after: place(i) }),
    'everybody, any page': (i: number) => social.all({ after: place(i) }),
    thread: (i: number) => social.thread(place(i)),
    profile: (i: number) => social.profile(author(i)),
    'posts of one person': (i: number) => social.postsOf(author(i)),
  }
}

/** A network that only shows names. */
function silent(): Network {
  return {
    name: NETWORK,
    title: NETWORK,
    abilities: {
      deeds: new Set(),
      maxText: 0,
      maxRecipients: 0,
      maxBlob: 0,
      canForget: false,
      offline: true,
    },
    recognise: () => undefined,
    display: ({ id }) => ({ handle: id }),
    identityOf: () => me,
    decode: async () => [],
    verify: async () => undefined,
    targets: async () => [],
    send: async () => ({ outcome: 'unsupported', why: 'this network is only a name' }),
    start: async () => {},
    status: () => ({ addresses: [], peers: [], progress: [], counters: {} }),
    actions: {},
    [Symbol.asyncDispose]: async () => {},
  }
}
