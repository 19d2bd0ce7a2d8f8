import { AnswerKind, type AnswerValue, describeAnswer } from '../../shared/contract/answer.ts'
import { milliseconds } from '../../shared/contract/duration.ts'
import type { Json, JsonObject } from '../../shared/contract/json.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import type { Ask } from '../../shared/contract/steps/ask.ts'
import { fail } from '../../shared/temporal/failure.ts'
import { delivery } from '../activities.ts'
import { untilReplied } from '../remind.ts'
import type { StepRun } from '../step-run.ts'
import type { Runner } from './runner.ts'

export const runAsk: Runner<Ask> = async (step, run) => {
  if (run.kept('expired') === undefined) {
    const answer = await answerTo(step, run)
    if (answer) return answer.value
    run.keep('expired', true)
  }
  await run.into('expire', step.expire?.steps ?? [])
  return undefined
}

/** Asks until an answer fits. Gives nothing when the question expired. */
async function answerTo(step: Ask, run: StepRun): Promise<{ value: Json | undefined } | undefined> {
  const { desk } = run
  const kind = kindOf(step, run)
  const deadline = step.expire && (await run.deadline('deadline', milliseconds(step.expire.after)))
  let request = run.openRequest({
    kind: 'answer',
    question: run.renderText(step.question),
    answer: kind,
    ...(deadline ? { deadline } : {}),
  })
  for (;;) {
    const { requestId } = request
    const came = await untilReplied(
      run,
      request,
      step.remind,
      () => desk.replies.get(requestId) ?? desk.missOf(requestId),
    )
    if (came === undefined) {
      run.closeRequest(request, 'expired')
      return undefined
    }
    const misses = run.kept<number>('misses') ?? 0
    let reason: string
    if (came.kind === 'miss') {
      desk.dropMiss(requestId)
      if (came.said) run.say('user', came.said.text, { messageId: came.said.messageId })
      reason = came.reason
    } else if (came.kind === 'answer' && came.fileIds) {
      const { fileIds } = came
      // Only the files themselves tell whether they can be read, so the question closes when that is known.
      const also = [run.closing(request, 'answered', came)]
      const read = await run.perform(delivery(step).readFiles, {
        also,
        extra: { fileIds, answer: { ...kind } as JsonObject },
        ordinal: misses,
      })
      if (read.refused === undefined) {
        desk.close(requestId)
        return { value: read.value }
      }
      reason = read.refused
    } else {
      if (came.kind !== 'answer') throw fail('Internal', 'a question was given a decision')
      const { said } = came
      const echo = said?.text ?? describeAnswer(came.value as AnswerValue, kind, run.timeZone)
      run.say('user', echo, said ? { messageId: said.messageId } : {})
      run.closeRequest(request, 'answered', came)
      return { value: came.value }
    }
    run.keep('misses', misses + 1)
    request = askAgain(step, run, request, reason, misses + 1)
  }
}

/** What is asked for, once its templates are filled in: an option may be made of anything. */
function kindOf(step: Ask, run: StepRun): AnswerKind {
  const read = AnswerKind.safeParse(run.render(step.answer as unknown as JsonObject))
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw fail(
    'ExpressionFailed',
    `The answer that is asked for does not fit: ${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'unknown'}`,
  )
}

/** The same question under the same id, with the reason; fails the step when the attempts are used up. */
function askAgain(
  step: Ask,
  run: StepRun,
  request: OpenRequest,
  reason: string,
  misses: number,
): OpenRequest {
  if (step.attempts === undefined || misses < step.attempts) return run.askAgain(request, reason, misses)
  run.closeRequest(request, 'attemptsUsedUp')
  throw fail(
    'AttemptsUsedUp',
    `“${request.question}” got no fitting answer in ${step.attempts} attempts. The last reason: ${reason}`,
  )
}
