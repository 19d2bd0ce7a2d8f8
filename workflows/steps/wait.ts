import { isoDateOf } from '../../shared/contract/answer/words/iso-date.ts'
import { instantOf, zoneOf } from '../../shared/contract/answer/words/zone.ts'
import { Duration, milliseconds } from '../../shared/contract/duration.ts'
import type { Wait } from '../../shared/contract/steps/wait.ts'
import { fail } from '../../shared/temporal/failure.ts'
import type { StepRun } from '../step-run.ts'
import type { Runner } from './runner.ts'

export const runWait: Runner<Wait> = async (step, run) => {
  if (step.condition !== undefined) await untilTrue(step.condition, milliseconds(step.every ?? 'PT1M'), run)
  else await run.until(() => undefined, await run.once('by', () => momentOf(step, run)))
  return undefined
}

/** Looks at the condition whenever the run has a new result or variable, and every so often. */
async function untilTrue(condition: string, every: number, run: StepRun): Promise<void> {
  for (;;) {
    const seen = run.state.changes
    if (run.render(condition) === true) return
    const by = new Date(Date.now() + every).toISOString()
    await run.until(() => (run.state.changes === seen ? undefined : true), by)
  }
}

/** When the wait is over, as an ISO instant. */
function momentOf(step: Wait, run: StepRun): string {
  if (step.for !== undefined) {
    const duration = Duration.safeParse(run.renderText(step.for))
    if (!duration.success)
      throw fail(
        'ExpressionFailed',
        `"for" must give a duration such as PT30S or P3D, not “${run.renderText(step.for).slice(0, 60)}”.`,
      )
    return new Date(Date.now() + milliseconds(duration.data)).toISOString()
  }
  const zone = zoneOf(run.timeZone)
  const written = run.renderText(step.until ?? '')
  const date = isoDateOf(written, zone)
  if (typeof date !== 'object')
    throw fail(
      'ExpressionFailed',
      `"until" must give a date or a time such as 2026-12-01 or 2026-12-01T15:30, not “${written.slice(0, 60)}”.`,
    )
  // Dates are read to the second; a wait must not end before its moment.
  const fraction = Number(`0.${/:\d{2}[.,](\d+)/.exec(written)?.[1] ?? 0}`)
  const moment = date.instant ?? instantOf({ day: date.day, second: 0 }, zone)
  return new Date(moment + Math.ceil(fraction * 1_000)).toISOString()
}
