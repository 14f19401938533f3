/**
 * A deterministic data set of valid classic messages: 45 % posts (a third of them replies), 40 % likes, 10 % follows,
 * 5 % private boxes, feeds interleaved, feed sizes uneven. The same mix as the reference baseline.
 */
import type { Json } from '#base/json.ts'
import { createMessage } from '#networks/ssb/feed/create-message.ts'
import type { ContentObject, FeedState, Message } from '#networks/ssb/feed/message.ts'
import { seal } from '#networks/ssb/feed/private-box.ts'
import { keysOf, type SsbKeys } from '#networks/ssb/identity.ts'

const words =
  'alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra tango'.split(
    ' ',
  )

/** Feed number `index` of every data set; number 0 is the one a reader follows from. */
export function feedKeys(index: number): SsbKeys {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, index + 1)
  return keysOf(seed)
}

/** Yields `messages` messages of `feeds` feeds in one order that respects every feed's chain. */
export function* dataSet(messages: number, feeds: number): Generator<Message> {
  const random = generator(42)
  const keys = Array.from({ length: feeds }, (_, index) => feedKeys(index))
  const states: (FeedState | undefined)[] = keys.map(() => undefined)
  const roots: string[] = []
  let time = 1_600_000_000_000
  for (let count = 0; count < messages; count++) {
    const index = count < 2 * feeds ? count % feeds : Math.floor(random() * random() * feeds)
    const own = at(keys, index)
    const content = contentAt(count, index, { random, keys, roots })
    time += 1 + Math.floor(random() * 1_000)
    const { message } = createMessage(own, states[index], content, time)
    states[index] = { id: message.id, sequence: message.sequence, timestamp: message.timestamp }
    if (isRoot(content)) roots.push(message.id)
    if (roots.length > 5_000) roots.shift()
    yield message
  }
}

type Mix = {
  readonly random: () => number
  readonly keys: readonly SsbKeys[]
  readonly roots: readonly string[]
}

function contentAt(
  count: number,
  index: number,
  { random, keys, roots }: Mix,
): ContentObject | string {
  const feeds = keys.length
  if (count < feeds) return { type: 'about', about: at(keys, index).id, name: `user${index}` }
  // A ring of follows first, so that every feed is reached; feed 0 follows all.
  if (count < 2 * feeds) return contact(at(keys, index === 0 ? 1 % feeds : (index + 1) % feeds).id)
  const dice = random()
  const root = roots[Math.floor(random() * roots.length)]
  if (dice < 0.45) {
    const text = sentence(random, 10 + Math.floor(random() * 100))
    const thread: Record<string, Json> =
      dice < 0.15 && root !== undefined ? { root, branch: root } : {}
    return { type: 'post', text, ...thread, mentions: [] }
  }
  if (dice < 0.85 && root !== undefined) {
    return { type: 'vote', vote: { link: root, value: 1, expression: 'Like' } }
  }
  if (dice < 0.95) return contact(at(keys, Math.floor(random() * feeds)).id)
  const readers = [at(keys, index), at(keys, (index + 1) % feeds)]
  return seal(
    { type: 'post', text: sentence(random, 40) },
    readers.map((reader) => reader.publicKey),
  )
}

function contact(id: string): ContentObject {
  return { type: 'contact', contact: id, following: true }
}

function isRoot(content: ContentObject | string): boolean {
  return typeof content === 'object' && content.type === 'post' && !('root' in content)
}

function sentence(random: () => number, length: number): string {
  return Array.from({ length }, () => at(words, Math.floor(random() * words.length))).join(' ')
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`nothing at ${index}`)
  return item
}

/** A small linear congruential generator: speed and sameness matter here, not quality. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
