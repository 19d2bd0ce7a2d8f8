import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const ticksPerSecond = 100 // USER_HZ, which Linux gives to programs, whatever its own clock is

/** Milliseconds of processor time that a process has used so far, user and system. */
export function cpuOf(pid: number): number {
  if (process.platform !== 'linux') return ofClock(ps(pid, 'time'))
  // proc(5): the name may hold spaces and brackets; behind it, user and system time are the 12th and 13th.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond
}

/** Resident memory of a process in MB. */
export function memoryOf(pid: number): number {
  return Math.round(Number(ps(pid, 'rss')) / 1_024)
}

const ps = (pid: number, column: string): string =>
  spawnSync('ps', ['-o', `${column}=`, '-p', `${pid}`], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  }).stdout.trim()

/** `1:02:03.45` in milliseconds. */
const ofClock = (clock: string): number =>
  clock.split(/[:-]/).reduce((seconds, part) => seconds * 60 + Number(part), 0) * 1_000
