import type { OpenRequest } from '../shared/contract/request.ts'
import { type SpentBudget, tellAmount, tellSpent } from '../shared/contract/spending.ts'
import { fail } from '../shared/temporal/failure.ts'
import { hasRoom } from './activities.ts'
import type { StepRequests } from './step-requests.ts'

/** It is told when a budget was raised elsewhere, or its day is over; should that get lost, it looks by itself, ever later. */
const looks = { first: 60_000, most: 3_600_000 }

/**
 * Asks whoever may raise a budget, and waits: until they grant the same amount again, or there is room for another
 * reason. Lines of a run that come to the same budget wait for one question.
 * @throws BudgetDeclined, which cancels the run, and those that called it
 */
export async function untilRaised(run: StepRequests, spent: SpentBudget): Promise<void> {
  const elsewhere = askedElsewhere(run, spent)
  if (elsewhere) {
    await run.until(() => (run.desk.open.has(elsewhere.requestId) ? undefined : true))
    return
  }
  const request = run.openRequest({
    kind: 'budget',
    question: `${tellSpent(spent)} Grant ${tellAmount(spent)} more?`,
    budget: spent,
    approvers: approversOf(run, spent),
    editAllowed: false,
    changesAllowed: false,
  })
  for (let look = looks.first; ; look = Math.min(2 * look, looks.most)) {
    const next = new Date(Date.now() + look).toISOString()
    const { raises } = run.desk
    const isTold = () => (run.desk.raises > raises ? ({ kind: 'raised' } as const) : undefined)
    const reply = await run.until(() => run.desk.replies.get(request.requestId) ?? isTold(), next)
    if (reply?.kind === 'decision') {
      if (reply.decision === 'approve') {
        // The grant is booked with the entry: other lines that wait for this question must not look before.
        run.note(run.closing(request, 'approved', reply))
        await run.tell()
        return run.desk.close(request.requestId)
      }
      run.closeRequest(request, 'rejected', reply)
      const { by, comment } = reply
      throw fail(
        'BudgetDeclined',
        `${by.name ?? by.userId} did not raise the budget${comment ? `: ${comment}` : '.'}`,
      )
    }
    if (await hasRoom({ run: run.state.ref, spent })) return run.closeRequest(request, 'lifted')
  }
}

const askedElsewhere = (run: StepRequests, { account }: SpentBudget): OpenRequest | undefined =>
  [...run.desk.open.values()].find((one) => one.budget?.account === account && one.path !== run.path)

/** Who runs it decides about its own budget, as admins do; what others use, too, is the admins'. */
function approversOf(run: StepRequests, { per }: SpentBudget): NonNullable<OpenRequest['approvers']> {
  const starter = run.state.ref.startedBy?.userId
  const isOwn = per === 'run' || per === 'session'
  return { role: 'admin', ...(isOwn && starter ? { users: [starter] } : {}) }
}
