import { MetaLifeError } from '#base/errors.ts'

/** The command was written wrongly; nothing was done. */
export class UsageError extends MetaLifeError {
  override name = 'UsageError'
  override readonly exitCode = 2
}
