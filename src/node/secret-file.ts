/** The key files of other programs, as the networks read them. */
import { networkPlans } from '#node/networks.ts'

/** The 32-byte seed of an identity in such a file; undefined when no network knows the file. */
export function seedOfSecretFile(text: string): Uint8Array | undefined {
  for (const plan of networkPlans) {
    const seed = plan.seedOfSecretFile?.(text)
    if (seed) return seed
  }
  return undefined
}
