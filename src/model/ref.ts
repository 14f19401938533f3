/** A network's own name for a person, a post or a blob. Opaque outside its network. */
export type Ref = {
  /** The network's name, as its plan gives it. */
  readonly network: string
  /** The name inside that network. */
  readonly id: string
}

/** One string per ref, for maps and sets. */
export function refKey(ref: Ref): string {
  return `${ref.network} ${ref.id}`
}

/** True when both name the same thing. */
export function sameRef(a: Ref, b: Ref): boolean {
  return a.id === b.id && a.network === b.network
}
