/**
 * Numbers that order things by time and are the same whenever they are made again from the same record.
 */
import { hash } from 'node:crypto'

/** 2010-01-01, where stamps begin: nothing here is older. */
export const EPOCH = Date.UTC(2010, 0, 1)

/** Numbers of one millisecond. */
const SLOTS = 4096

/** The rank of what nobody has said yet. */
export const UNSAID = Number.MIN_SAFE_INTEGER

/** A claimed time that can be relied on for order: not before the epoch, never later than it arrived. */
export function clampTime(claimed: number, arrived: number): number {
  if (!(claimed > EPOCH)) return Math.min(EPOCH, arrived)
  return Math.floor(Math.min(claimed, arrived))
}

/** 48 bits of the SHA-256 of a ref: nobody can make many refs that share them. */
export function hashRef(ref: string): number {
  return hash('sha256', ref, 'buffer').readUIntBE(0, 6)
}

/**
 * The number of a record: its time, and 12 bits of the hash of its ref to tell those of one millisecond apart.
 *
 * @param at clamped time in milliseconds
 */
export function stampOf(at: number, refHash: number): number {
  return Math.max(0, at - EPOCH) * SLOTS + (refHash % SLOTS)
}

/** The millisecond of a stamp. */
export function timeOf(stamp: number): number {
  return Math.floor(stamp / SLOTS) + EPOCH
}

/**
 * Orders what is said of one thing: the higher rank holds. One's own word counts more than that of others, and is ordered
 * by its place in the feed where there is one, because clocks go wrong: it counts from 0, that of others below.
 */
export function rankOf(stamp: number, own: boolean, sequence: number | null): number {
  if (!own) return UNSAID + 1 + stamp
  return sequence ?? stamp
}
