/** The worker thread of the verifier: checks packed batches, answers one flag a message. */
import { parentPort } from 'node:worker_threads'
import { verifyPacked } from '#networks/ssb/feed/packed-batch.ts'

/** What the worker is asked. */
export type VerifyJob = {
  readonly id: number
  readonly packed: ArrayBuffer
  readonly hmacKey?: Uint8Array
}

/** What it answers: 1 where the signature is good. Its first message, with id -1, says that it is ready. */
export type VerifyAnswer = { readonly id: number; readonly flags: Uint8Array<ArrayBuffer> }

parentPort?.on('message', ({ id, packed, hmacKey }: VerifyJob) => {
  const flags = verifyPacked(packed, hmacKey)
  const answer: VerifyAnswer = { id, flags }
  parentPort?.postMessage(answer, [flags.buffer])
})

const ready: VerifyAnswer = { id: -1, flags: new Uint8Array(0) }
parentPort?.postMessage(ready)
