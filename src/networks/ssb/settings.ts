/** The rows that Scuttlebutt adds to the table of settings. */
import { availableParallelism } from 'node:os'
import type { Setting } from '#base/setting.ts'
import { byteSize, list, port, wholeNumber, words, yesNo } from '#base/setting-parsers.ts'

/** The network key that all of the public network uses (protocol guide, "Handshake"). */
const MAIN_NETWORK = '1KHLiKZvAvjbY1ziZEHMXawbCEIM6qwjCDm3VYRan/s='

/** What the rows below parse to. */
export type SsbSettings = {
  readonly 'ssb-caps': Uint8Array
  readonly 'ssb-hmac': Uint8Array | undefined
  readonly 'ssb-host': string
  readonly 'ssb-port': number | 'auto'
  readonly 'ssb-hops': number
  readonly 'ssb-lan': boolean
  readonly 'ssb-connect': readonly string[]
  readonly 'ssb-max-peers': number
  readonly 'ssb-max-feeds': number
  readonly 'ssb-max-feed-messages': number
  readonly 'ssb-max-blob': number
  readonly 'ssb-threads': number
  readonly 'ssb-write-unheard': boolean
}

/** The table of settings of this network. */
export const ssbSettings: readonly (Setting & { readonly name: keyof SsbSettings })[] = [
  {
    name: 'ssb-caps',
    help: 'Network key: nodes with different keys cannot talk to each other',
    shape: 'BASE64',
    default: MAIN_NETWORK,
    parse: key32,
  },
  {
    name: 'ssb-hmac',
    help: 'Key mixed into every signature, for test networks that must not leak into the main one',
    shape: 'BASE64',
    default: 'none',
    parse: (text) => (text === 'none' ? undefined : key32(text)),
  },
  {
    name: 'ssb-host',
    help: 'Address to listen on for Scuttlebutt peers',
    shape: 'ADDRESS',
    default: '::',
    parse: words(255),
  },
  {
    name: 'ssb-port',
    help: 'TCP port for Scuttlebutt peers; auto takes 8008, or any free one where that is taken',
    shape: 'PORT|auto',
    default: 'auto',
    parse: (text) => (text === 'auto' ? text : port()(text)),
  },
  {
    name: 'ssb-hops',
    help: 'How far along the follow graph feeds are replicated: 0 only mine, 1 those I follow, 2 those they follow…',
    shape: 'NUMBER',
    default: '2',
    parse: wholeNumber(0, 4),
  },
  {
    name: 'ssb-lan',
    help: 'Announce this node on the local network and listen for others',
    shape: 'yes|no',
    default: 'yes',
    parse: yesNo(),
    bare: 'yes',
  },
  {
    name: 'ssb-connect',
    help: 'Addresses to keep a connection to',
    shape: 'ADDRESS,…',
    default: '',
    parse: list(words(1_000), 100),
  },
  {
    name: 'ssb-max-peers',
    help: 'Most Scuttlebutt connections at once',
    shape: 'NUMBER',
    default: '30',
    parse: wholeNumber(1, 10_000),
  },
  {
    name: 'ssb-max-feeds',
    help: 'Most feeds that are replicated; the nearest come first',
    shape: 'NUMBER',
    default: '50000',
    parse: wholeNumber(1, 1_000_000),
  },
  {
    name: 'ssb-max-feed-messages',
    help: 'Most messages kept of one feed; what comes after is not fetched',
    shape: 'NUMBER',
    default: '1000000',
    parse: wholeNumber(1, 100_000_000),
  },
  {
    name: 'ssb-max-blob',
    help: 'Biggest picture, sound or file that is fetched for a post',
    shape: 'BYTES',
    default: '5MiB',
    parse: byteSize(0, 1024 ** 3),
  },
  {
    name: 'ssb-threads',
    help: 'Worker threads that check signatures; 0 checks on the main thread',
    shape: 'NUMBER',
    default: String(Math.max(1, Math.min(4, availableParallelism() - 1))),
    parse: wholeNumber(0, 64),
  },
  {
    name: 'ssb-write-unheard',
    help: 'Write although no peer has told a restored identity its newest message. Danger: if older messages exist elsewhere, the feed forks and other people’s apps stop reading it, for good',
    shape: 'yes|no',
    default: 'no',
    parse: yesNo(),
    bare: 'yes',
  },
]

function key32(text: string): Uint8Array {
  const key = Buffer.from(text, 'base64')
  if (key.length === 32 && key.toString('base64') === text) return new Uint8Array(key)
  throw new Error('it must be 32 bytes in base64')
}
