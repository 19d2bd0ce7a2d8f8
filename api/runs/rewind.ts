import type { RewindBody, Rewound } from '../../shared/contract/api/rewinding.ts'
import { type Caller, isAdmin, personOf } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { idFrom } from '../../storage/id-from.ts'
import { addRun, type NewRun } from '../../storage/sql/add-run.ts'
import { answeredAt, copyJournal, copyOutcomes } from '../../storage/sql/copy-journal.ts'
import type { InstanceRow } from '../../storage/sql/find-instance.ts'
import { findRequest, type RequestRow } from '../../storage/sql/find-requests.ts'
import { listEffects } from '../../storage/sql/list-effects.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { checkFit } from './check-fit.ts'
import { dispatch } from './dispatch.ts'
import { mustRead } from './must-read.ts'

/**
 * Makes a new run from an earlier answer of a run, answered anew. What was done before that answer is taken over.
 * @throws Refusal
 */
export async function rewind(
  deps: Deps,
  caller: Caller,
  from: string,
  body: RewindBody,
  one: Try,
): Promise<Rewound> {
  const run = await mustRead(deps.db, caller, from)
  if (run.startedById !== caller.userId && !isAdmin(caller))
    throw new Refusal('Forbidden', 'only who started the run, or an admin, rewinds it')
  if (run.parentInstanceUuid)
    throw new Refusal('Conflict', 'a subworkflow or an action is rewound with the run that called it')
  if (run.chatSessionId)
    throw new Refusal('Conflict', 'this is a turn of a conversation: send the message again')
  const question = await answeredQuestion(deps, run, body.requestId)
  await checkFit(deps, caller, question, body)
  const { workspaceId } = caller
  const instanceUuid = idFrom(`${one.seed}:instance`)
  const { workflowId, version, workflowName } = run
  const { resume: _, ...startOrder } = run.startOrder
  const { requestId, ...anew } = body
  const again: NewRun = {
    instanceUuid,
    workspaceId,
    appId: caller.appId,
    workflowId,
    version,
    workflowName,
    startedBy: personOf(caller),
    startOrder: {
      ...startOrder,
      resume: { kind: 'rewind', of: from, requestId, ...anew, by: personOf(caller) },
    },
    temporalWorkflowId: runWorkflowId(workspaceId, instanceUuid),
    rewoundFrom: from,
  }
  const effects = await listEffects(deps.db, run, question.closedAt ?? new Date())
  const rewound: Rewound = {
    instanceUuid,
    workflowId,
    version,
    status: 'running',
    rewoundFrom: from,
    effects,
  }
  await deps.db.transaction(async (tx) => {
    await addRun(tx, again)
    const before = (await answeredAt(tx, run, requestId)) ?? 0
    const way = { workspaceId, from, to: instanceUuid, before, asked: question.request.path }
    await copyJournal(tx, way)
    await copyOutcomes(tx, way)
    await one.keep(tx, { status: 202, body: { ...rewound } })
  })
  await dispatch(deps, caller, again)
  return rewound
}

async function answeredQuestion(deps: Deps, run: InstanceRow, requestId: string): Promise<RequestRow> {
  const found = await findRequest(deps.db, run.workspaceId, run.instanceUuid, requestId)
  if (!found) throw new Refusal('NotOpen', 'no question of this run has this requestId')
  if (found.instanceUuid !== run.instanceUuid)
    throw new Refusal('Conflict', 'this was asked by a subworkflow: rewind a question of the run itself')
  if (found.kind !== 'answer')
    throw new Refusal('Conflict', 'this is an approval: only answers to questions can be given anew')
  if (found.outcome !== 'answered')
    throw new Refusal('Conflict', 'this question was not answered, so there is nothing to go back to')
  return found
}
