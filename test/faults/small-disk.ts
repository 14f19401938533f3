/** A small disk of its own that can be full or read-only. It takes Linux and root. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  /** Takes all the room but so many MiB (0). */
  fill(but?: number): void
  /** Gives back what `fill` took. */
  makeRoom(): void
  setReadOnly(on: boolean): void
}

/** Mounts a tmpfs of so many MiB; undefined where that is not allowed. */
export async function smallDisk(size: number): Promise<SmallDisk | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'metalife-disk-'))
  try {
    run('mount', ['-t', 'tmpfs', '-o', `size=${size}m,mode=700`, 'tmpfs', path])
  } catch {
    await rm(path, { recursive: true })
    return undefined
  }
  const filler = join(path, 'filler')
  return {
    path,
    fill(but = 0) {
      try {
        for (;;) appendFileSync(filler, Buffer.alloc(4096))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
      truncateSync(filler, Math.max(0, statSync(filler).size - but * 1024 * 1024))
    },
    makeRoom: () => rmSync(filler, { force: true }),
    setReadOnly: (on) => run('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, path]),
    async [Symbol.asyncDispose]() {
      // Lazily: the database driver keeps closed files open until they are collected.
      run('umount', ['-l', path])
      await rm(path, { recursive: true })
    },
  }
}

function run(program: string, parameters: readonly string[]): void {
  execFileSync(program, parameters, { stdio: 'ignore' })
}
