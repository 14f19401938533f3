/** The set-up cannot go on. The message says what happened and what to do. */
export class SetUpError extends Error {
  name = 'SetUpError'
}

const hints = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network/i,
    "The package registry was not reached. Check the internet connection (or the proxy in npm's configuration) and run the same command again: it goes on where it stopped.",
  ],
  [
    /ENOSPC/,
    'The disk is full. About 700 MB are needed; free some space and run the same command again.',
  ],
  [
    /EACCES|EPERM|EROFS/,
    'A file could not be written. Run this as the user who owns this folder, in a place that can be written to.',
  ],
  [
    /EINTEGRITY/,
    'A download is damaged or was changed. Run "npm cache verify" and then the same command again.',
  ],
  [
    /E404|ETARGET|notarget/,
    'The package registry does not have a version that is needed here. If npm uses a mirror, ask for it to be updated.',
  ],
]

/** What a person can do about npm's output. */
export function hintFor(output) {
  return (
    hints.find(([pattern]) => pattern.test(output))?.[1] ??
    'The lines above are the end of what npm said.'
  )
}
