/** A multiserver address: `net:host:port~shs:key`, `tunnel:room:target~shs:key`; several joined with `;` are parsed to several. */
export type MultiserverAddress = {
  /** The transport's name: `net`, `tunnel`, `ws`, `dht`, `bt`… */
  readonly transport: string
  /** The transport's own parts, decoded. */
  readonly parts: readonly string[]
  /** The peer's feed id (`@….ed25519`), from the `shs` transform. */
  readonly peer: string
  /** The seed that an invite carries after the key (32 bytes). */
  readonly seed?: Uint8Array
}
