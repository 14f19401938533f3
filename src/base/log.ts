import { getLogger, type Logger } from '@logtape/logtape'

export type { Logger } from '@logtape/logtape'

/**
 * A logger below `metalife`, one per concern: `logger('router', 'delivery')`.
 *
 * Fields are structured; a secret, a private text or an address of a person is never one of them.
 */
export function logger(...category: readonly string[]): Logger {
  return getLogger(['metalife', ...category])
}
