import { metricMeter } from '@temporalio/workflow'
import type { AnyStep } from '../shared/contract/step.ts'

const steps = metricMeter.createCounter('parley_steps', undefined, 'Steps that are over, by type and outcome')
const seconds = metricMeter.createHistogram(
  'parley_step_duration',
  'float',
  'seconds',
  'How long steps took, the waits for people included',
)

/**
 * Counts a step that is over; `since` is when it began, where this execution saw it. Nothing is counted in a replay. The
 * type is the only word of the definition in it: ids of steps are too many to be labels.
 */
export function countStep(
  { type }: AnyStep,
  outcome: 'completed' | 'failed' | 'skipped',
  since: string | undefined,
): void {
  steps.add(1, { type, outcome })
  const now = new Date().toISOString()
  if (since) seconds.record((Date.parse(now) - Date.parse(since)) / 1_000, { type, outcome })
}
