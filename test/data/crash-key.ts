/** The database key of the crash test, shared with its child. */
export const CRASH_KEY = Buffer.alloc(32, 'crash')
