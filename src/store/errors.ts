import { MetaLifeError } from '#base/errors.ts'

/** The key does not open the database file (or the file is no database). */
export class WrongKeyError extends MetaLifeError {
  override name = 'WrongKeyError'
  constructor(path: string, options?: ErrorOptions) {
    super(
      `The database ${path} does not open with this key. Nothing was changed: use the key (or passphrase) that it was made with.`,
      options,
    )
  }
}

/** A newer version of the program wrote this database. */
export class FutureDatabaseError extends MetaLifeError {
  override name = 'FutureDatabaseError'
  constructor(found: number, known: number) {
    super(
      `The database was written by a newer version (schema ${found}, this program knows ${known}). Nothing was changed: install the newer version.`,
    )
  }
}

/** The indexes are being rebuilt, so lists would be incomplete. */
export class RebuildingError extends MetaLifeError {
  override name = 'RebuildingError'
  constructor() {
    super('The index is being rebuilt: start "reindex" again to finish it, then ask again.')
  }
}

/** The store was closed while (or before) it was asked. */
export class StoreClosedError extends MetaLifeError {
  override name = 'StoreClosedError'
  constructor() {
    super('The store is closed: the node is shutting down.')
  }
}
