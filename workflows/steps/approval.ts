import { milliseconds } from '../../shared/contract/duration.ts'
import type { FileValue } from '../../shared/contract/file.ts'
import type { Approvers } from '../../shared/contract/request.ts'
import type { Approval } from '../../shared/contract/steps/approval.ts'
import { fail } from '../../shared/temporal/failure.ts'
import { knowTeam } from '../know-team.ts'
import { untilReplied } from '../remind.ts'
import type { StepRun } from '../step-run.ts'
import type { Runner } from './runner.ts'

export const runApproval: Runner<Approval> = async (step, run) => {
  for (let round = run.kept<number>('round') ?? 0; ; round++) {
    run.keep('round', round)
    const { result, name } = await run.once(`decided${round}`, () => decisionOn(step, run, round))
    if (result.decision === 'approve') return result
    run.remember(result)
    if (result.decision === 'expired') {
      await run.into('deadline', step.deadline?.steps ?? [])
      return result
    }
    if (result.decision === 'reject') {
      if (!step.onReject)
        throw fail(
          'Rejected',
          `“${run.renderText(step.title)}” was rejected by ${name}${result.comment ? `: ${result.comment}` : ' without a comment.'}`,
        )
      await run.into('reject', step.onReject.steps)
      return result
    }
    if (step.onChanges) await run.into('changes', step.onChanges.steps, { round })
    if (step.onChanges?.again === false || run.state.ended) return result
  }
}

type Result = { decision: string; by: string | null; at: string; comment: string | null; text: string | null }

/** Opens the approval and waits for what is decided, or for its deadline. */
async function decisionOn(
  step: Approval,
  run: StepRun,
  round: number,
): Promise<{ result: Result; name: string }> {
  const { text, files } = artifactOf(step, run)
  const deadline =
    step.deadline && (await run.deadline(`deadline${round}`, milliseconds(step.deadline.after)))
  if (step.approvers?.team) await knowTeam(run, step.approvers.team)
  const request = run.openRequest({
    kind: 'approval',
    question: run.renderText(step.title),
    artifact: {
      ...(text === undefined ? {} : { text }),
      ...(files.length > 0 ? { files, fileIds: files.map((file) => file.fileId) } : {}),
    },
    ...approversOf(step, run),
    editAllowed: step.edit ?? false,
    changesAllowed: step.onChanges !== undefined,
    ...(deadline ? { deadline } : {}),
  })
  const reply = await untilReplied(run, request, step.remind, () => run.desk.replies.get(request.requestId))
  if (reply === undefined) {
    run.closeRequest(request, 'expired')
    const at = new Date().toISOString()
    return { result: { decision: 'expired', by: null, at, comment: null, text: text ?? null }, name: '' }
  }
  if (reply.kind !== 'decision') throw fail('Internal', 'an approval was given an answer')
  const { decision, comment, edited, by, at } = reply
  run.closeRequest(request, { approve: 'approved', reject: 'rejected', changes: 'changes' }[decision], reply)
  return {
    result: { decision, by: by.userId, at, comment: comment ?? null, text: edited ?? text ?? null },
    name: by.name ?? by.userId,
  }
}

function artifactOf(step: Approval, run: StepRun): { text: string | undefined; files: FileValue[] } {
  const text = step.artifact.text === undefined ? undefined : run.renderText(step.artifact.text)
  const files =
    step.artifact.files === undefined
      ? []
      : ([run.render(step.artifact.files)].flat(2) as unknown as FileValue[])
  return { text, files }
}

/** Named approvers, or a role, or else the person who runs it; nobody in particular when a machine started it. */
function approversOf(step: Approval, run: StepRun): { approvers?: Approvers } {
  if (!step.approvers) {
    const starter = run.state.ref.startedBy?.userId
    return starter ? { approvers: { users: [starter] } } : {}
  }
  const { role, team } = step.approvers
  const users = (step.approvers.users ?? [])
    .flatMap((user) => run.render(user) as string | string[])
    .map(String)
  if (users.length === 0 && !role && !team)
    throw fail('ExpressionFailed', 'Nobody may decide: "approvers" names no one.')
  return {
    approvers: {
      ...(users.length > 0 ? { users } : {}),
      ...(role ? { role } : {}),
      ...(team ? { team } : {}),
    },
  }
}
