/** The keys of one Scuttlebutt identity, made of its 32-byte seed. */
export type SsbKeys = {
  /** `@….ed25519` */
  readonly id: string
  /** 32 bytes */
  readonly publicKey: Uint8Array
  /** 64 bytes, libsodium's form (seed and public key) */
  readonly secretKey: Uint8Array
}
