import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** What is fetched or built once per machine and shared by every checkout. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'parley')

export const EXE = process.platform === 'win32' ? '.exe' : ''
