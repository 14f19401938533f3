/** Own records of a feed as they come to light after each crash: whether they are one chain, and stay what they were. */
import { linksTo } from '#networks/ssb/feed/links.ts'
import type { FeedState } from '#networks/ssb/feed/message.ts'
import { parseMessage } from '#networks/ssb/feed/parse-message.ts'
import type { NativeRecord } from '#network/host.ts'
import type { Network } from '#network/network.ts'

/** What a feed was seen to be. */
export class FeedChain {
  readonly #network: Pick<Network, 'verify'>
  readonly #ids: string[] = []
  readonly #known = new Set<string>()
  /** How often each public text was said. */
  readonly texts = new Map<string, number>()
  #state: FeedState | undefined

  constructor(network: Pick<Network, 'verify'>) {
    this.#network = network
  }

  get length(): number {
    return this.#ids.length
  }

  has(id: string): boolean {
    return this.#known.has(id)
  }

  idAt(sequence: number): string | undefined {
    return this.#ids[sequence - 1]
  }

  /** Takes records in; the answer is what is wrong with them, in sentences. */
  async take(records: readonly NativeRecord[]): Promise<readonly string[]> {
    const faults: string[] = []
    for (const record of records) {
      const fault = await this.#faultOf(record)
      if (fault !== undefined) faults.push(`message ${record.sequence}: ${fault}`)
    }
    return faults
  }

  async #faultOf(record: NativeRecord): Promise<string | undefined> {
    const { sequence = 0, id } = record
    const known = this.idAt(sequence)
    if (known !== undefined) return known === id ? undefined : `was ${known} and is ${id} now`
    if (sequence !== this.length + 1) return `comes after message ${this.length}`
    const fault = await this.#network.verify(record)
    if (fault !== undefined) return fault
    const parsed = parseMessage(record.bytes)
    if ('invalid' in parsed) return parsed.invalid
    const { message } = parsed
    const broken = linksTo(message, this.#state)
    if (broken) return broken.invalid
    this.#state = { id, sequence, timestamp: message.timestamp }
    this.#ids.push(id)
    this.#known.add(id)
    const { content } = message
    const text = typeof content === 'object' ? content['text'] : undefined
    if (typeof text === 'string') this.texts.set(text, (this.texts.get(text) ?? 0) + 1)
    return undefined
  }
}
