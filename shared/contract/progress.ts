import { armsOf } from './definition.ts'
import type { AnyStep, Arm } from './step.ts'
import { stepKindOf } from './steps/index.ts'

/**
 * What progress needs to know of a run: steps finished or skipped by path, the arm a step went into, and the highest
 * percentage shown so far.
 */
export interface Track {
  finished: Readonly<Record<string, number>>
  arms: Readonly<Record<string, string>>
  /** Highest percentage so far: a loop that goes round again must not take anything back. */
  shown: number
}

export const weightOf = (step: AnyStep): number => step.weight ?? stepKindOf(step.type)?.weight ?? 1

/** Longest way that may still be ahead in a list of steps, in weights. */
const remaining = (steps: AnyStep[], at: string, track: Track): number =>
  steps.reduce((sum, step) => sum + remainingOf(step, at ? `${at}.${step.id}` : step.id, track), 0)

function remainingOf(step: AnyStep, path: string, track: Track): number {
  if (Object.hasOwn(track.finished, path)) return 0
  const chosen = Object.hasOwn(track.arms, path) ? track.arms[path] : undefined
  const ahead = armsOf(step)
    .filter((arm) => chosen === undefined || arm.name === nameOf(chosen))
    .map((arm) => remaining(arm.steps, pathInto(path, arm, chosen), track))
  return weightOf(step) + Math.max(0, ...ahead)
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
