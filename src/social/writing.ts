import type { Draft } from '#model/deed.ts'
import { sameRef, type Ref } from '#model/ref.ts'
import { RefusedError } from '#social/errors.ts'
import { compose } from '#social/publish/compose.ts'
import { answerTo, copiesOf, planFor, planForPerson } from '#social/publish/drafts.ts'
import { publish, type Publisher } from '#social/publish/publish.ts'
import { findPersonRef, findPost } from '#social/read/names.ts'
import type { Reading } from '#social/read/reading.ts'
import type { Social } from '#social/social.ts'

const NOT_HERE = 'What is answered is not in this network.'

type Writes = Pick<
  Social,
  'post' | 'reply' | 'message' | 'react' | 'follow' | 'block' | 'subscribe' | 'describe'
>

/** Everything that a person can do. */
export function writingSide(reading: Reading, publisher: Publisher): Writes {
  const now = () => publisher.clock.now()
  return {
    async post(writing, options) {
      const content = compose(reading, writing)
      const plan = await planFor(reading, (actor) => {
        return { kind: 'post', actor, at: now(), content, audience: 'public' }
      })
      return await publish(publisher, plan, options?.key)
    },
    async reply(to, writing, options) {
      const content = compose(reading, writing)
      const place = await answerTo(reading, await findPost(reading, to))
      const plan = await planFor(reading, (actor, network) => {
        const thread = place(network.name)
        if (!thread) return { why: NOT_HERE }
        return { kind: 'post', actor, at: now(), content, audience: 'public', ...thread }
      })
      return await publish(publisher, plan, options?.key)
    },
    async message(to, writing, options) {
      const content = compose(reading, writing)
      const people = await recipients(reading, to)
      const plan = await planForPerson(reading, people[0], (actor): Draft => {
        const readers = [actor, ...people.filter((ref) => !sameRef(ref, actor))]
        return { kind: 'message', actor, at: now(), content, to: readers }
      })
      return await publish(publisher, plan, options?.key)
    },
    async react(post, emoji, on) {
      const copies = await copiesOf(reading, (await findPost(reading, post)).copy)
      const plan = await planFor(reading, (actor, network) => {
        const of = copies.get(network.name)
        if (!of) return { why: NOT_HERE }
        return { kind: 'react', actor, at: now(), of, emoji, on }
      })
      return await publish(publisher, plan)
    },
    ...tieWrites(reading, publisher),
  }
}

function tieWrites(
  reading: Reading,
  publisher: Publisher,
): Pick<Writes, 'follow' | 'block' | 'subscribe' | 'describe'> {
  const now = () => publisher.clock.now()
  const tie = async (kind: 'follow' | 'block', person: string, on: boolean) => {
    const whom = await findPersonRef(reading, person)
    const plan = await planForPerson(reading, whom, (actor): Draft => {
      if (sameRef(actor, whom)) throw new RefusedError('This is yourself.')
      return { kind, actor, at: now(), whom, on }
    })
    return await publish(publisher, plan)
  }
  return {
    follow: (person, on) => tie('follow', person, on),
    block: (person, on) => tie('block', person, on),
    async subscribe(tag, on) {
      const name = tag.replace(/^#/, '').toLowerCase()
      if (!/^[\p{L}\p{N}_-]{1,100}$/u.test(name)) {
        throw new RefusedError(`"${tag.slice(0, 80)}" is no hashtag: use letters, digits, - and _.`)
      }
      const plan = await planFor(reading, (actor) => {
        return { kind: 'subscribe', actor, at: now(), tag: name, on }
      })
      return await publish(publisher, plan)
    },
    async describe(profile) {
      const plan = await planFor(reading, (actor) => {
        return { kind: 'profile', actor, at: now(), of: actor, ...profile }
      })
      return await publish(publisher, plan)
    },
  }
}

/** @throws RefusedError when they are none, or in several networks */
async function recipients(
  reading: Reading,
  to: readonly string[],
): Promise<readonly [Ref, ...Ref[]]> {
  const people: Ref[] = []
  for (const name of to) {
    const ref = await findPersonRef(reading, name)
    if (!people.some((known) => sameRef(known, ref))) people.push(ref)
  }
  const [first, ...others] = people
  if (!first) throw new RefusedError('A message needs somebody to write to.')
  if (others.some(({ network }) => network !== first.network)) {
    throw new RefusedError(
      'These people are in different networks: write to each network by itself.',
    )
  }
  return [first, ...others]
}
