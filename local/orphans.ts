import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endProcess, identityOf } from './process-identity.ts'

const WITHIN_MS = 5_000 // an orphan that does not end when asked is killed: everything here survives that

type Trace = { pid: number; identity: string; signal: NodeJS.Signals }

/** Writes down a child that runs, so that it is found again should we die without ending it. */
export function leaveTrace(runFolder: string, name: string, pid: number, signal: NodeJS.Signals): void {
  const identity = identityOf(pid)
  if (!identity) return // already gone
  writeFileSync(traceFile(runFolder, name), JSON.stringify({ pid, identity, signal } satisfies Trace))
}

export function removeTrace(runFolder: string, name: string): void {
  rmSync(traceFile(runFolder, name), { force: true })
}

/** Ends the children that an earlier start left running (it was killed); a number that now belongs to another process is left alone. */
export async function endOrphans(runFolder: string): Promise<string[]> {
  const names = readdirSync(runFolder).flatMap((file) => file.match(/^(.+)\.child\.json$/)?.[1] ?? [])
  const ended = names.map(async (name) => {
    const trace = readTrace(traceFile(runFolder, name))
    const lives = trace && identityOf(trace.pid) === trace.identity
    if (lives) await endProcess(trace.pid, trace.identity, { signal: trace.signal, withinMs: WITHIN_MS })
    removeTrace(runFolder, name)
    return lives ? [name] : []
  })
  return (await Promise.all(ended)).flat()
}

function readTrace(file: string): Trace | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Trace
  } catch {
    return undefined // cut off while it was written
  }
}

const traceFile = (runFolder: string, name: string) => join(runFolder, `${name}.child.json`)
