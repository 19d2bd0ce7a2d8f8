import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartProblem } from './start-problem.ts'

/** Everything one Parley keeps on this machine. `run` holds what describes the processes that run now. */
export type DataFolder = { path: string; logs: string; run: string; release(): void }

const SQLITE_BUSY = 5

/**
 * Opens the data folder for this process alone. The lock is SQLite's own on an empty file: the kernel gives it up the
 * moment its holder dies, however it dies, so a stale lock cannot be; the file beside it only says who holds it.
 */
export function claimDataFolder(folder: string, holder: { api: string }): DataFolder {
  const path = resolve(folder)
  const [logs, run] = [join(path, 'logs'), join(path, 'run')]
  for (const each of [path, logs, run]) mkdirSync(each, { recursive: true })
  // What lies in it is for its owner alone. Root's PostgreSQL runs as another user, who must be able to pass.
  chmodSync(path, process.getuid?.() === 0 ? 0o711 : 0o700)

  const lock = new DatabaseSync(join(run, 'lock'))
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error
    throw inUse(path, join(run, 'main.json'))
  }
  const holderFile = join(run, 'main.json')
  writeFileSync(holderFile, JSON.stringify({ pid: process.pid, ...holder }))
  const release = () => {
    rmSync(holderFile, { force: true })
    lock.close()
  }
  return { path, logs, run, release }
}

function inUse(path: string, holderFile: string): StartProblem {
  let holder: { pid?: number; api?: string } = {}
  try {
    holder = JSON.parse(readFileSync(holderFile, 'utf8'))
  } catch {
    // It is only just starting, or ending.
  }
  const who = holder.pid ? ` (process ${holder.pid}, ${holder.api})` : ''
  return new StartProblem(
    `Parley already runs on the data folder ${path}${who}.`,
    'Use that one, or stop it first (Ctrl-C in its terminal). For a second one beside it give it a folder and ports of its own: PARLEY_DATA_DIR=.parley-2 PORT=3001 PARLEY_TEMPORAL_PORT=7333 PARLEY_TEMPORAL_UI_PORT=8333 npm start',
  )
}
