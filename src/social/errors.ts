import { MetaLifeError } from '#base/errors.ts'

/** A name that leads nowhere here. */
export class NotFoundError extends MetaLifeError {
  override name = 'NotFoundError'
  constructor(what: string, name: string) {
    super(`No ${what} "${shorten(name)}" is here. Check the name, or wait until it has arrived.`)
  }
}

/** Something that no enabled network can carry, or that makes no sense; the message says why. */
export class RefusedError extends MetaLifeError {
  override name = 'RefusedError'
  override readonly exitCode: 1 | 2 = 2
}

/** A text that fits no enabled network. */
export class TooLongError extends MetaLifeError {
  override name = 'TooLongError'
  override readonly exitCode: 1 | 2 = 2
  constructor(length: number, limit: number) {
    super(`The text has ${length} characters; at most ${limit} fit. Shorten it.`)
  }
}

/** A text without any content. */
export class EmptyTextError extends MetaLifeError {
  override name = 'EmptyTextError'
  override readonly exitCode: 1 | 2 = 2
  constructor() {
    super('There is no text and no attachment. Write something first.')
  }
}

/** A cursor that no page gave. */
export class BadCursorError extends MetaLifeError {
  override name = 'BadCursorError'
  override readonly exitCode: 1 | 2 = 2
  constructor() {
    super('This page does not exist: start the list again from its beginning.')
  }
}

function shorten(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name
}
