import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { milliseconds } from '../shared/contract/duration.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { type Agent, agentLimits } from '../shared/contract/steps/agent.ts'
import { mediaQueue } from '../shared/temporal/names.ts'

/**
 * How activities are run, by temper. What is final is decided by the activity itself, which counts a provider's busy
 * answers; the many attempts here are for our own outages, a database or a worker that is away for hours.
 */
const temper = (step: AnyStep, startToClose: number, heartbeat: number): ActivityOptions => ({
  startToCloseTimeout: startToClose,
  scheduleToCloseTimeout: '1 day',
  heartbeatTimeout: heartbeat,
  // We must know whether an effect happened before a cancelled run is over. All of them heartbeat, so none can block.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { ...pauses(step.retry?.backoff), maximumAttempts: 1_000 },
  // For operators: ids only, never what a person wrote.
  summary: `${step.type} ${step.id}`,
})

/** Milliseconds between attempts, doubling: from what the step says, a tenth of a second at least. */
function pauses(backoff = 'PT1S') {
  const first = Math.max(100, milliseconds(backoff))
  return { initialInterval: first, backoffCoefficient: 2, maximumInterval: Math.max(30_000, first) }
}

const minutes = 60_000

/** Model work: a few calls of at most 120 s each. Hears of a cancel within half a second. */
export const model = (step: AnyStep) =>
  proxyActivities<Pick<Activities, 'generateText' | 'reviewText' | 'extractValues'>>(
    temper(step, 10 * minutes, 5_000),
  )

/** The same, with the step behind it in one go, which may take as long as any may. */
export const modelAndNext = (step: AnyStep) =>
  proxyActivities<Pick<Activities, 'classifyIntent'>>(temper(step, 45 * minutes, 5_000))

/** An agent's loop: the time its step allows it, with some more for the prompts it suggests and for writing down. */
export const agent = (step: Agent) =>
  proxyActivities<Pick<Activities, 'runAgent'>>(
    temper(step, milliseconds(step.limits?.time ?? agentLimits.time) + 2 * minutes, 5_000),
  )

/** Making files. The loop of the process may be busy for seconds with one large document. */
export const media = (step: AnyStep) =>
  proxyActivities<Pick<Activities, 'makeDocument' | 'makeImage'>>({
    ...temper(step, 30 * minutes, 20_000),
    taskQueue: mediaQueue,
  })

/** Effects outside, files in, and where a page is. */
export const delivery = (step: AnyStep) =>
  proxyActivities<
    Pick<Activities, 'deliverFiles' | 'sendNotice' | 'readFiles' | 'resolveNavigation' | 'keepHandoff'>
  >(temper(step, 5 * minutes, 10_000))

/** Calls of systems outside: a search, with the pages it leads to; a tool, which may take ten minutes. */
export const tools = (step: AnyStep) =>
  proxyActivities<Pick<Activities, 'searchWeb' | 'callTool'>>(temper(step, 12 * minutes, 10_000))

/** Beside the turns that follow: what it does not get done the next one does, so it has few attempts. */
export const { summarise } = proxyActivities<Pick<Activities, 'summarise'>>({
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '15 minutes',
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 5 },
  summary: 'summarise the conversation',
})

/** The journal itself: a run must never fail because it could not be told of, so this one has no last attempt. */
export const { writeEntries } = proxyActivities<Pick<Activities, 'writeEntries'>>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  summary: 'write journal',
})

/** What a schedule's firing does beside its run: short, and repeated until the database takes it. */
export const { openFiring, tellOwner } = proxyActivities<Pick<Activities, 'openFiring' | 'tellOwner'>>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
})

/** Somebody waits for the answer of a server that may be slow or away: few attempts, and soon. */
export const { listTools } = proxyActivities<Pick<Activities, 'listTools'>>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '5 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '500 milliseconds', maximumAttempts: 2 },
  summary: 'list tools',
})

/** Reading documents takes as much processor time as making them. What is final is decided by the activity itself. */
export const { ingestDocument } = proxyActivities<Pick<Activities, 'ingestDocument'>>({
  taskQueue: mediaQueue,
  startToCloseTimeout: '2 hours',
  scheduleToCloseTimeout: '1 day',
  heartbeatTimeout: '20 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { ...pauses(), maximumAttempts: 1_000 },
  summary: 'ingest a document',
})

/** A document must not stay as one that is read: this has no last attempt. */
export const { giveUpIngestion } = proxyActivities<Pick<Activities, 'giveUpIngestion'>>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  summary: 'give a document up',
})

/** What happens in a session outside of its turns, like the journal. */
export const { writeSession } = proxyActivities<Pick<Activities, 'writeSession'>>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  summary: 'write session',
})

/** Reads what an earlier pass has done. As much as a run can hold, so not in a local activity's marker. */
export const { readGiven } = proxyActivities<Pick<Activities, 'readGiven'>>({
  startToCloseTimeout: '60 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  summary: 'read what is done',
})

/** Whether a budget has room again. */
export const { hasRoom } = proxyActivities<Pick<Activities, 'hasRoom'>>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  summary: 'look at the budget',
})

/** Reads only, so they may be local: the pinned version and the workspace's settings; who is in a team. */
export const { loadDefinition, loadTeam } = proxyLocalActivities<
  Pick<Activities, 'loadDefinition' | 'loadTeam'>
>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' },
})
