import type { Given } from '../shared/contract/given.ts'
import { emptyView, type RunView } from '../shared/contract/journal.ts'
import type { Json } from '../shared/contract/json.ts'
import type { LoopTrack } from '../shared/contract/progress.ts'

/** A result, and where its words came from when a person must know. */
export interface Kept {
  value: Json
  label?: string
}

/** What the steps of a run share, as plain JSON: an execution hands it over to the next one. */
export interface StateSnapshot {
  view: RunView
  variables: Record<string, Json>
  /** Where the words of variables came from, when a person must know. */
  variablesLabel?: string
  /** Results by key, by frame: `''` for the run, `each[3]` for what lives in that round. */
  frames: Record<string, Record<string, Kept>>
  /** What steps under way have decided for good, by path. */
  memos: Record<string, Record<string, Json>>
  track: {
    finished: Record<string, number>
    arms: Record<string, string>
    loops: Record<string, LoopTrack>
    shown: number
  }
  refused: number
  /** Of other workflows, by this run and those it calls. */
  calls: { left: number }
  /** What an earlier pass has done, of a run that was taken up again. */
  given: Given
}

/** The state of a run that begins. */
export const beginning = (
  variables: Record<string, Json>,
  given: Given,
  calls: { left: number },
): StateSnapshot => ({
  view: emptyView,
  variables,
  frames: { '': {} },
  memos: {},
  track: { finished: {}, arms: {}, loops: {}, shown: 0 },
  refused: 0,
  calls,
  given,
})

/** A copy that may be changed: of what is changed in place, and not of the values in it. */
export const copyOf = (state: StateSnapshot): StateSnapshot => {
  const { frames, memos, track, calls, given } = state
  return {
    ...state,
    frames: { ...frames },
    memos: Object.fromEntries(Object.entries(memos).map(([path, memo]) => [path, { ...memo }])),
    track: { ...track, finished: { ...track.finished }, arms: { ...track.arms }, loops: { ...track.loops } },
    calls: { ...calls },
    given: { ...given, steps: { ...given.steps } },
  }
}
