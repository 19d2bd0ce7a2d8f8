import { armsOf } from './definition.ts'
import type { AnyStep, Arm } from './step.ts'
import { stepKindOf } from './steps/index.ts'

/** How far a loop has come: rounds begun, rounds there will be at most, and the rounds under way. */
export interface LoopTrack {
  begun: number
  of: number
  open: number[]
}

/**
 * What progress needs to know of a run: weights of steps finished or skipped by path, the arm a step went into, how far
 * its loops have come, and the highest percentage shown so far. Rounds that are over count under `path[]`.
 */
export interface Track {
  finished: Readonly<Record<string, number>>
  arms: Readonly<Record<string, string>>
  loops: Readonly<Record<string, LoopTrack>>
  /** Highest percentage so far: a loop that goes round again must not take anything back. */
  shown: number
}

export const weightOf = (step: AnyStep): number => step.weight ?? stepKindOf(step.type)?.weight ?? 1

/** Longest way that may still be ahead in a list of steps, in weights. */
const remaining = (steps: AnyStep[], at: string, track: Track): number =>
  steps.reduce((sum, step) => sum + remainingOf(step, at ? `${at}.${step.id}` : step.id, track), 0)

function remainingOf(step: AnyStep, path: string, track: Track): number {
  if (Object.hasOwn(track.finished, path)) return 0
  const kind = stepKindOf(step.type)
  const chosen = Object.hasOwn(track.arms, path) ? track.arms[path] : undefined
  const ahead = armsOf(step)
    .filter((arm) => chosen === undefined || arm.name === nameOf(chosen))
    .map((arm): [arm: Arm, weight: number] => [
      arm,
      arm.repeats && kind?.rounds
        ? loopAhead(arm.steps, path, kind.rounds(step), track)
        : remaining(arm.steps, pathInto(path, arm, chosen), track),
    ])
  const instead = ahead.filter(([arm]) => !kind?.together || arm.name === 'error')
  const all = ahead.filter((one) => !instead.includes(one)).reduce((sum, [, weight]) => sum + weight, 0)
  return weightOf(step) + Math.max(all, ...instead.map(([, weight]) => weight))
}

function loopAhead(steps: AnyStep[], path: string, rounds: number, track: Track): number {
  const { begun, of, open } = track.loops[path] ?? { begun: 0, of: rounds, open: [] }
  const underWay = open.reduce((sum, round) => sum + remaining(steps, `${path}[${round}]`, track), 0)
  return underWay + (of > begun ? (of - begun) * remaining(steps, `${path}[${begun}]`, track) : 0)
}

/** `changes[2]` → `changes`. */
const nameOf = (chosen: string) => chosen.replace(/\[\d+\]$/, '')

/** Path of the steps inside an arm; arms that repeat carry the number of the round. */
const pathInto = (path: string, arm: Arm, chosen: string | undefined) =>
  arm.repeats ? `${path}${chosen?.slice(arm.name.length) ?? '[0]'}` : path

/**
 * Percentage of a run, 0–99 while it goes on: weights done ÷ (done + longest way ahead). It never falls. 100 is not
 * for this function to say: it is the percentage of a completed run, and of no other.
 */
export function percentOf(steps: AnyStep[], track: Track): number {
  const done = Object.values(track.finished).reduce((sum, weight) => sum + weight, 0)
  const ahead = remaining(steps, '', track)
  const computed = done + ahead === 0 ? 0 : Math.floor((100 * done) / (done + ahead))
  return Math.max(track.shown, Math.min(99, computed))
}
