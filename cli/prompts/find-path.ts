import { type Dirent, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Choice } from '../screen/prompts.ts'

const mostSuggestions = 50

/** A path as people give it: typed, dragged into the window (quoted, or with spaces escaped), with ~, or as a file URL. */
export function cleanPath(typed: string, home = homedir()): string {
  let path = typed.trim()
  const quoted = /^(['"])(.*)\1$/s.exec(path)
  if (quoted) path = quoted[2] ?? ''
  else if (sep === '/') path = path.replace(/\\([\\ '"()&$!#;*?[\]{}<>|`])/g, '$1')
  if (path.startsWith('file://')) {
    try {
      path = fileURLToPath(path)
    } catch {
      // No file URL after all: taken as it is.
    }
  }
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path
}

/** Why there is no file to take at a path, or undefined when there is one. */
export function pathProblem(path: string): string | undefined {
  const shown = resolve(path)
  try {
    const found = statSync(path)
    if (found.isDirectory()) return `${shown} is a folder: press Tab and pick a file in it.`
    return found.isFile() ? undefined : `${shown} is no ordinary file.`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? `There is no file ${shown}`
      : `${shown} cannot be read (${code}).`
  }
}

export const hasEnding = (path: string, endings: string[] | undefined): boolean =>
  !endings || endings.some((ending) => path.toLowerCase().endsWith(ending.toLowerCase()))

/** Files and folders that a beginning may mean: what fits the question first, then folders, hidden ones only when asked for. */
export function suggestPaths(typed: string, endings?: string[]): Choice<string>[] {
  const path = cleanPath(typed)
  const inside = typed.trim() === '' || path.endsWith('/') || path.endsWith(sep)
  const folder = inside ? path || '.' : dirname(path)
  const beginning = inside ? '' : basename(path)
  const rank = (entry: Dirent) =>
    entry.name === beginning ? 0 : entry.isDirectory() ? 2 : hasEnding(entry.name, endings) ? 1 : 3
  const found = entriesOf(folder)
    .filter(
      ({ name }) =>
        name.toLowerCase().startsWith(beginning.toLowerCase()) &&
        (beginning.startsWith('.') || !name.startsWith('.')),
    )
    .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name))
    .slice(0, mostSuggestions)
    .map((entry) => {
      const value = folder === '.' && !path.startsWith('.') ? entry.name : join(folder, entry.name)
      const isFolder = entry.isDirectory()
      return {
        value: isFolder ? `${value}/` : value,
        label: isFolder ? `${value}/` : value,
        hint: rank(entry) === 3 ? 'another type' : undefined,
      }
    })
  if (typed.trim() === '' || found.length > 0) return found
  return [{ value: path, label: path, hint: pathProblem(path) ? 'no such file' : undefined }]
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
