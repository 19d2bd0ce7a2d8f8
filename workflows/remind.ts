import { milliseconds } from '../shared/contract/duration.ts'
import type { OpenRequest } from '../shared/contract/request.ts'
import type { StepRun } from './step-run.ts'

interface Reminder {
  after: string
  text?: string | undefined
}

/**
 * Waits for what comes to a request, and reminds once in between whom it waits for. Gives undefined when the request's
 * deadline has passed.
 */
export async function untilReplied<T>(
  run: StepRun,
  request: OpenRequest,
  remind: Reminder | undefined,
  ready: () => T | undefined,
): Promise<T | undefined> {
  const deadline = request.deadline ?? undefined
  const reminded = `reminded:${request.requestId}`
  if (remind && run.kept(reminded) === undefined) {
    const at = await run.deadline(`remindAt:${request.requestId}`, milliseconds(remind.after))
    const isBefore = deadline === undefined || at < deadline
    const came = await run.until(ready, isBefore ? at : deadline)
    if (came !== undefined || !isBefore) return came
    run.keep(reminded, true)
    run.remind(request, remind.text === undefined ? undefined : run.renderText(remind.text))
  }
  return run.until(ready, deadline)
}
