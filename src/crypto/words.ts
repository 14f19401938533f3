/**
 * The 24 words that a person writes down: BIP-39 with the English list, whose entropy is the identity's 32-byte seed itself.
 * No error of this module carries a word.
 */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'

import { MetaLifeError } from '#base/errors.ts'

const count = 24
const known = new Set(wordlist)

/** There are not exactly 24 words. */
export class WordCountError extends MetaLifeError {
  override name = 'WordCountError'
  override readonly exitCode = 2

  constructor(found: number) {
    super(`An identity has ${count} words, but ${found} were given. Give all of them, in order.`)
  }
}

/** A word is not in the list. */
export class UnknownWordError extends MetaLifeError {
  override name = 'UnknownWordError'
  override readonly exitCode = 2
  /** From 1. */
  readonly position: number
  /** Words of the list that are near: for the eyes of the person who typed, never for a log. */
  declare readonly suggestions: readonly string[]

  constructor(position: number, suggestions: readonly string[]) {
    super(`Word ${position} of ${count} is not in the list of words. Check how it is spelled.`)
    this.position = position
    // Not enumerable: loggers and inspectors print what they can enumerate, and these are as good as the secret.
    Object.defineProperty(this, 'suggestions', { value: suggestions, enumerable: false })
  }
}

/** All words are in the list, but they do not belong together. */
export class WordChecksumError extends MetaLifeError {
  override name = 'WordChecksumError'
  override readonly exitCode = 2

  constructor() {
    super(
      'These 24 words do not belong together: one is wrong, or two have changed places. Compare them with what you wrote down.',
    )
  }
}

/** The words of a 32-byte seed, parted by single spaces. */
export function wordsOfSeed(seed: Uint8Array): string {
  if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, not ${seed.length}`)
  return entropyToMnemonic(seed, wordlist)
}

/**
 * The 32-byte seed of 24 words. Upper case, numbering, commas and line breaks between the words do not matter.
 *
 * @throws WordCountError, UnknownWordError, WordChecksumError
 */
export function seedOfWords(text: string): Uint8Array {
  const words =
    text
      .normalize('NFKD')
      .toLowerCase()
      .match(/[\p{L}\p{M}]+/gu) ?? []
  if (words.length !== count) throw new WordCountError(words.length)
  const wrong = words.findIndex((word) => !known.has(word))
  if (wrong >= 0) throw new UnknownWordError(wrong + 1, near(words[wrong] ?? ''))
  try {
    return mnemonicToEntropy(words.join(' '), wordlist)
  } catch {
    // The cause is dropped on purpose: whatever it says, it was made of the words.
    throw new WordChecksumError()
  }
}

function near(word: string): readonly string[] {
  // The first four letters name a word of the list.
  const prefix = word.slice(0, 4)
  return wordlist
    .map((candidate) => ({
      candidate,
      distance: candidate.startsWith(prefix) ? 0 : distance(word, candidate),
    }))
    .filter((entry) => entry.distance <= 2)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map((entry) => entry.candidate)
}

/** Levenshtein's distance; a word longer than any of the list is far from all. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
