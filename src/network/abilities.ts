import type { DeedKind } from '#model/deed.ts'

/** What a network can carry: data that the composer, the router and the apps read instead of asking which network it is. */
export type Abilities = {
  readonly deeds: ReadonlySet<DeedKind>
  /** Longest text in UTF-16 units that fits one post for certain. */
  readonly maxText: number
  /** Most readers of one private message, the author included; 0 where there are none. */
  readonly maxRecipients: number
  /** Biggest attachment in bytes; 0 where there are none. */
  readonly maxBlob: number
  /** False: what is published stays published. */
  readonly canForget: boolean
  /** True: works with no reachable server of our own. */
  readonly offline: boolean
}
