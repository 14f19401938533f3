import { MetaLifeError } from '#base/errors.ts'

/** A peer could not be reached; the message says where and why. */
export class DialError extends MetaLifeError {
  override name = 'DialError'
}
