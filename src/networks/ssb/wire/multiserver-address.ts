/**
 * Multiserver addresses: where a peer is and which key it holds.
 *
 * ssbc/multiserver and ssbc/multiserver-address, README. In data, `!` escapes `!`, `:`, `;` and `~`.
 */
import type { Invalid } from '#networks/ssb/feed/message.ts'

/** A multiserver address: `net:host:port~shs:key`, `tunnel:room:target~shs:key`; several joined with `;` are parsed to several. */
export type MultiserverAddress = {
  /** The transport's name: `net`, `tunnel`, `ws`, `dht`, `bt`… */
  readonly transport: string
  /** The transport's own parts, decoded: host and port of `net` and `onion`, the URL after the colon of `ws` and `wss`. */
  readonly parts: readonly string[]
  /** The peer's feed id (`@….ed25519`), from the `shs` transform. */
  readonly peer: string
  /** The seed that an invite carries after the key (32 bytes). */
  readonly seed?: Uint8Array
}

/** Longest text that is looked at, and most addresses of one text. */
const MAX_TEXT = 4096
const MAX_ADDRESSES = 32

/** Transports whose first part is a host that may hold colons. */
const HOSTED = new Set(['net', 'onion'])
const URLS = new Set(['ws', 'wss'])

/**
 * Reads one or more addresses (joined with `;`), or the legacy form `host:port:@key.ed25519`.
 *
 * Addresses with other transforms than `shs` are left out; a text that gives none, or is malformed anywhere, is invalid.
 */
export function parseAddresses(text: string): readonly MultiserverAddress[] | Invalid {
  if (text.length > MAX_TEXT)
    return { invalid: `an address of ${text.length} characters is too long` }
  const legacy = parseLegacy(text)
  if (legacy) return [legacy]
  const addresses: MultiserverAddress[] = []
  const pieces = split(text, ';')
  if (pieces.length > MAX_ADDRESSES)
    return { invalid: `${pieces.length} addresses in one are too many` }
  for (const piece of pieces) {
    const address = parseOne(piece)
    if (address && 'invalid' in address) return address
    if (address) addresses.push(address)
  }
  return addresses.length > 0
    ? addresses
    : { invalid: 'the address names no peer (`~shs:key` is missing)' }
}

/** The text of an address; `parseAddresses` gives it back. */
export function formatAddress({ transport, parts, peer, seed }: MultiserverAddress): string {
  const key = peer.slice(1, -'.ed25519'.length)
  const invite = seed ? `:${Buffer.from(seed).toString('base64')}` : ''
  const data = URLS.has(transport)
    ? [escape(parts.join(':'), /[!;~]/g)]
    : formatParts(transport, parts)
  return `${[transport, ...data].join(':')}~shs:${key}${invite}`
}

/** Several addresses of one peer in one text. */
export function formatAddresses(addresses: readonly MultiserverAddress[]): string {
  return addresses.map(formatAddress).join(';')
}

function formatParts(transport: string, parts: readonly string[]): readonly string[] {
  // Other stacks write the colons of an IPv6 host as they are, and read them only so.
  return parts.map((part, index) => {
    return escape(part, HOSTED.has(transport) && index === 0 ? /[!;~]/g : /[!:;~]/g)
  })
}

function escape(text: string, special: RegExp): string {
  return text.replace(special, '!$&')
}

/** An address, nothing when it is well-formed but not for us, or what is wrong. */
function parseOne(text: string): MultiserverAddress | Invalid | undefined {
  const [first = '', ...transforms] = split(text, '~')
  const [transport = '', ...data] = split(first, ':')
  if (!/^[a-z][a-z0-9-]*$/.test(transport)) return { invalid: 'the address names no transport' }
  if (/[\s\p{Cc}]/u.test(text)) return { invalid: 'the address has white space in it' }
  const parts = readParts(transport, data.map(unescape))
  if (!parts) return { invalid: `the ${transport} address lacks host or port` }
  if (transforms.length === 0)
    return { invalid: 'the address names no peer (`~shs:key` is missing)' }
  const [name, key = '', seed, ...rest] = split(transforms[0] ?? '', ':')
  if (transforms.length > 1 || name !== 'shs') return undefined
  const peer = readKey(unescape(key))
  if (!peer || rest.length > 0)
    return { invalid: 'the key in the address is not 32 bytes of base64' }
  if (seed === undefined) return { transport, parts, peer }
  const bytes = Buffer.from(unescape(seed), 'base64')
  if (!isBase64Of32(unescape(seed)))
    return { invalid: 'the seed in the address is not 32 bytes of base64' }
  return { transport, parts, peer, seed: bytes }
}

function readParts(transport: string, data: readonly string[]): readonly string[] | undefined {
  if (URLS.has(transport)) return data.length > 0 ? [data.join(':')] : undefined
  if (!HOSTED.has(transport)) return data
  const host = data
    .slice(0, -1)
    .join(':')
    .replace(/^\[(.*)\]$/, '$1')
  const port = data.at(-1) ?? ''
  return host !== '' && isPort(port) ? [host, port] : undefined
}

function parseLegacy(text: string): MultiserverAddress | undefined {
  const match = /^([^~;\s]+):(\d+):@([A-Za-z0-9+/=]+)\.ed25519$/.exec(text)
  const [, host = '', port = '', key = ''] = match ?? []
  const peer = readKey(key)
  if (!peer || !isPort(port)) return undefined
  return { transport: 'net', parts: [host.replace(/^\[(.*)\]$/, '$1'), port], peer }
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536
}

/** A feed id from the key of a `shs` transform; some write the whole id there. */
function readKey(text: string): string | undefined {
  const key = text.replace(/^@/, '').replace(/\.ed25519$/, '')
  return isBase64Of32(key) ? `@${key}.ed25519` : undefined
}

function isBase64Of32(text: string): boolean {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.toString('base64') === text
}

/** Splits at a separator that is not escaped; escapes stay. */
function split(text: string, separator: string): readonly string[] {
  const pieces: string[] = []
  let piece = ''
  for (let i = 0; i < text.length; i++) {
    const unit = text[i] ?? ''
    if (unit === separator) {
      pieces.push(piece)
      piece = ''
    } else if (unit === '!' && i + 1 < text.length) {
      piece += unit + (text[++i] ?? '')
    } else {
      piece += unit
    }
  }
  return [...pieces, piece]
}

function unescape(text: string): string {
  return text.replace(/!(.)/g, '$1')
}
