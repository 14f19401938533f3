/**
 * The base of every error that a person may see.
 *
 * The message says what happened, in what context and what to do; `exitCode` is what a command ends with.
 * One subclass per cause, declared beside the code that throws it.
 */
export class MetaLifeError extends Error {
  override name = 'MetaLifeError'
  /** 1: it failed; 2: the request was wrong (sysexits are not used). */
  readonly exitCode: 1 | 2 = 1
}
