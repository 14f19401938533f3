import type { SignedMessage } from '#networks/ssb/feed/message.ts'

/** Checks signatures on worker threads. */
export interface Verifier extends AsyncDisposable {
  /** Messages that are not answered yet. */
  readonly pending: number
  /**
   * Checks a batch; the answer has one flag a message, in order. Batches run in the order they were given.
   *
   * `urgent` batches overtake the others (the newest message of a run, people waiting).
   *
   * @throws VerifierFullError when too much is waiting, VerifierClosedError after disposal (open-verifier.ts)
   */
  verify(
    batch: readonly Pick<SignedMessage, 'signed' | 'signature'>[],
    authors: readonly Uint8Array[],
    options?: { readonly urgent?: boolean },
  ): Promise<readonly boolean[]>
}
