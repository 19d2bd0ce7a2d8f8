/**
 * A backend service that runs a workflow without any HTTP: over its own Temporal client it starts a run, answers what it
 * knows, lets a person approve, and waits for the result, which may take weeks and survives restarts of this service.
 *
 *   node examples/backend-service/brief-from-ticket.ts <workspaceId> <appId> <workflowId>
 */
import { Client, Connection } from '@temporalio/client'
import { connectRuns, type ParleyRuns } from '../../client/temporal.ts'
import type { Person } from '../../shared/contract/person.ts'

const service: Person = { userId: 'ticket-service', roles: ['service'] }

/** Starts a brief for a ticket. The same ticket never starts a second run, however often this is called. */
export async function startBrief(
  runs: ParleyRuns,
  workflowId: string,
  ticket: { uuid: string; topic: string },
): Promise<string> {
  const { instanceUuid } = await runs.startRun({
    workflowId,
    instanceUuid: ticket.uuid,
    startedBy: service,
    summary: 'Brief from a ticket',
  })
  await answerOnce(runs, instanceUuid, 'topic', ticket.topic)
  return instanceUuid
}

/** Answers the question of a step as soon as it is asked. A run that asks for something else by now has the answer already. */
async function answerOnce(
  runs: ParleyRuns,
  instanceUuid: string,
  stepId: string,
  value: string,
): Promise<void> {
  for (;;) {
    const { requests } = await runs.state(instanceUuid)
    const question = requests.find((request) => request.stepId === stepId)
    if (question) await runs.answer(instanceUuid, { requestId: question.requestId, value, by: service })
    if (requests.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

if (import.meta.main) {
  const [workspaceId = '', appId = '', workflowId = ''] = process.argv.slice(2)
  const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233' })
  const runs = connectRuns({ client: new Client({ connection }), workspaceId, appId })
  const instanceUuid = await startBrief(runs, workflowId, {
    uuid: crypto.randomUUID(),
    topic: 'Ticket 4711: the portal is slow',
  })
  process.stdout.write(`Started ${instanceUuid}; it is at ${(await runs.progress(instanceUuid)).percent} %\n`)
  await connection.close()
}
