import type { AgentOrder } from '../../activities/run-agent.ts'
import type { Json, JsonObject } from '../../shared/contract/json.ts'
import { memorySettingsOf } from '../../shared/contract/memory.ts'
import type { ActionOutcome, PendingCall } from '../../shared/contract/step-call.ts'
import type { Agent } from '../../shared/contract/steps/agent.ts'
import { fail } from '../../shared/temporal/failure.ts'
import { agent } from '../activities.ts'
import { type ActionCall, runActions } from '../run-actions.ts'
import type { StepRun } from '../step-run.ts'
import type { Runner } from './runner.ts'

type Decision = AgentOrder['decisions'][number] & JsonObject

/**
 * Runs the agent's loop in one activity. Where a person has to allow a call first, or an action has to run, the activity
 * is entered again with what was decided and what came of it, and goes on from there.
 */
export const runAgent: Runner<Agent> = async (step, run) => {
  const { ref, definition } = run.state
  const decisions: Decision[] = [...(run.kept<Decision[]>('decisions') ?? [])]
  let outcomes = (run.kept<Json>('outcomes') ?? []) as unknown as ActionOutcome[]
  for (let entry = run.kept<number>('entry') ?? 0; ; entry++) {
    run.keep('entry', entry)
    const order: AgentOrder = { memory: memorySettingsOf(definition), decisions, outcomes }
    const { value, pending } = await run.perform(agent(step).runAgent, {
      extra: order as unknown as JsonObject,
      // A pass that was taken up again asks anew, and must not be given what an earlier one waited for.
      ordinal: (ref.retry ?? 0) * 1_000 + entry,
    })
    if (!pending) return value
    for (const call of pending.filter(({ approval }) => approval)) {
      decisions.push(await run.once(`decision ${call.id}`, () => decisionOn(call, run)))
      run.keep('decisions', decisions)
    }
    outcomes = await runActions(pending.filter(mayRun(decisions)), run)
    run.keep('outcomes', outcomes as unknown as Json)
  }
}

const mayRun =
  (decisions: Decision[]) =>
  (call: PendingCall): call is ActionCall =>
    call.action !== undefined &&
    (!call.approval || decisions.some(({ id, allowed }) => id === call.id && allowed))

/** Asks who runs it whether a call may be made, with its arguments for all to see. */
async function decisionOn({ id, tool, arguments: given }: PendingCall, run: StepRun): Promise<Decision> {
  const starter = run.state.ref.startedBy?.userId
  const request = run.openRequest({
    kind: 'approval',
    question: `May “${tool}” be called?`,
    artifact: { text: `\`\`\`json\n${JSON.stringify(given, null, 2)}\n\`\`\`` },
    ...(starter ? { approvers: { users: [starter] } } : {}),
    editAllowed: false,
    changesAllowed: false,
  })
  const reply = await run.until(() => run.desk.replies.get(request.requestId))
  if (reply.kind !== 'decision') throw fail('Internal', 'an approval was given an answer')
  const allowed = reply.decision === 'approve'
  run.closeRequest(request, allowed ? 'approved' : 'rejected', reply)
  return { id, allowed, comment: reply.comment ?? null }
}
