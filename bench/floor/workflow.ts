import {
  ActivityCancellationType,
  ApplicationFailure,
  condition,
  defineUpdate,
  proxyActivities,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow'
import type { JournalEntry, JournalEvent } from '../../shared/contract/journal.ts'
import type { Person } from '../../shared/contract/person.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { LetterActivities, LetterInput } from './orders.ts'

const { write } = proxyActivities<Pick<LetterActivities, 'write'>>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds' },
})

const { draft, review, makeFile, deliver, notify } = proxyActivities<Omit<LetterActivities, 'write'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '5 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { maximumInterval: '30 seconds' },
})

interface Answer {
  value: string
  by: Person
}

interface Decision {
  decision: 'approve' | 'reject'
  by: Person
}

const answer = defineUpdate<{ requestId: string }, [Answer]>('answer')
const decide = defineUpdate<{ requestId: string }, [Decision]>('decide')

/**
 * The guided run as somebody would write it by hand who knows Temporal well: the ten steps as code, the same waits, an
 * activity wherever something is done, and the journal, carried by the activities, with the very entries that Parley
 * writes. What a definition makes possible (any other order of any other steps) is not there.
 */
export async function letter(input: LetterInput): Promise<{ letter: string }> {
  let open: { requestId: string; kind: 'answer' | 'approval' } | undefined
  let answered: Answer | undefined
  let decided: Decision | undefined
  setHandler(
    answer,
    (given) => {
      answered = given
      return { requestId: open?.requestId ?? '' }
    },
    {
      validator: (given) => {
        if (open?.kind !== 'answer' || answered) throw refusal('no question is open')
        if (typeof given.value !== 'string' || given.value.trim().length < 3) throw refusal('too short')
      },
    },
  )
  setHandler(
    decide,
    (given) => {
      decided = given
      return { requestId: open?.requestId ?? '' }
    },
    {
      validator: (given) => {
        if (open?.kind !== 'approval' || decided) throw refusal('no approval is open')
        if (given.by.userId !== input.startedBy.userId) throw refusal('not an approver')
      },
    },
  )

  const { workflowId, runId } = workflowInfo()
  const run: RunRef = {
    workspaceId: input.workspaceId,
    appId: input.appId,
    workflowId: input.workflowId,
    version: 1,
    workflowName: 'Customer letter',
    instanceUuid: input.instanceUuid,
    kind: 'run',
    temporalWorkflowId: workflowId,
    temporalRunId: runId,
    startedBy: input.startedBy,
  }
  let owed: JournalEntry[] = []
  const note = (...events: (JournalEvent & { key: string })[]) => {
    owed.push(...stamped(events))
  }
  const take = () => {
    const entries = owed
    owed = []
    return entries
  }
  const carry = (path: string, after: (JournalEvent & { key: string })[]) => ({
    run,
    path,
    before: take(),
    after: stamped(after),
  })

  note({
    event: 'instanceStarted',
    key: 'run:started',
    title: 'Customer letter',
    status: 'running',
    input: {},
  })

  const question = 'What is the letter about?'
  note(begun(ask))
  open = { requestId: uuid4(), kind: 'answer' }
  note(
    opened(open.requestId, ask, {
      kind: 'answer',
      question,
      answer: { type: 'text', minLength: 3 },
    }),
  )
  await write({ run, entries: take() })
  await condition(() => answered !== undefined)
  const { value: topic, by } = answered as unknown as Answer
  note(
    {
      event: 'message',
      key: 'topic:said:0',
      messageId: uuid4(),
      role: 'user',
      text: topic,
      attachments: [],
      stepId: ask.stepId,
    },
    closed(open.requestId, 'answer', 'answered', by),
    ...over(ask, 11, topic),
  )
  open = undefined

  note(begun(set), ...over(set, 14))

  note(begun(drafting))
  const text = await draft({ ...carry(drafting.path, over(drafting, 38)), topic })

  note(begun(reviewing))
  const checked = await review({ ...carry(reviewing.path, over(reviewing, 62)), text })

  note(begun(branch))
  if (checked.passed) {
    note(begun(approval))
    open = { requestId: uuid4(), kind: 'approval' }
    note(
      opened(open.requestId, approval, {
        kind: 'approval',
        question: `Send the letter about ${topic}?`,
        artifact: { text: checked.text },
        approvers: { users: [input.startedBy.userId] },
        editAllowed: false,
        changesAllowed: false,
      }),
    )
    await write({ run, entries: take() })
    await condition(() => decided !== undefined)
    const { decision, by: approver } = decided as unknown as Decision
    if (decision === 'reject') throw ApplicationFailure.nonRetryable('The letter was rejected.', 'Rejected')
    const at = new Date().toISOString()
    note(
      closed(open.requestId, 'approval', 'approved', approver),
      ...over(approval, 73, { decision, by: approver.userId, at, comment: null, text: checked.text }),
    )
    open = undefined
  }
  note(...over(branch, 73))

  note(begun(making))
  const file = await makeFile({
    ...carry(making.path, over(making, 86)),
    name: `Letter: ${topic}`,
    content: checked.text,
  })

  note(begun(delivering))
  await deliver({ ...carry(delivering.path, over(delivering, 92)), file })

  const output = { letter: file.fileId }
  note(begun(telling))
  await notify({
    // Nothing comes behind it, so the end goes with it.
    ...carry(telling.path, [
      ...over(telling, 97),
      begun(end),
      finished(end),
      { event: 'progress', key: 'run:progress', percent: 100, label: '' },
      { event: 'instanceFinished', key: 'run:finished', status: 'completed', output },
    ]),
    userId: input.startedBy.userId,
    text: `The letter about ${topic} is out.`,
  })
  return output
}

interface Face {
  path: string
  stepId: string
  title: string
  type: string
}

const ask: Face = { path: 'topic', stepId: 'topic', title: 'Ask a question', type: 'ask' }
const set: Face = { path: 'noted', stepId: 'noted', title: 'Set variables', type: 'set' }
const drafting: Face = { path: 'letter', stepId: 'letter', title: 'Draft', type: 'draft' }
const reviewing: Face = { path: 'checked', stepId: 'checked', title: 'Review', type: 'review' }
const branch: Face = { path: 'gate', stepId: 'gate', title: 'Branch', type: 'branch' }
const approval: Face = { path: 'gate.ok', stepId: 'ok', title: 'Wait for an approval', type: 'approval' }
const making: Face = { path: 'file', stepId: 'file', title: 'Make a document', type: 'document' }
const delivering: Face = { path: 'out', stepId: 'out', title: 'Deliver', type: 'deliver' }
const telling: Face = { path: 'told', stepId: 'told', title: 'Notify', type: 'notify' }
const end: Face = { path: 'done', stepId: 'done', title: 'End', type: 'end' }

type Keyed = JournalEvent & { key: string }

const stamped = (events: Keyed[]): JournalEntry[] => {
  const at = new Date().toISOString()
  return events.map((event) => ({ ...event, at }))
}

const begun = (face: Face): Keyed => ({
  event: 'stepStarted',
  key: `${face.path}:started`,
  ...face,
  status: 'running',
})

type Output = Extract<JournalEvent, { event: 'stepFinished' }>['output']

const finished = (face: Face, output?: Output): Keyed => ({
  event: 'stepFinished',
  key: `${face.path}:finished`,
  ...face,
  status: 'completed',
  ...(output === undefined ? {} : { output }),
})

const over = (face: Face, percent: number, output?: Output): Keyed[] => [
  finished(face, output),
  { event: 'progress', key: `${face.path}:progress`, percent, label: face.title },
]

type Question = Extract<JournalEvent, { event: 'requestOpened' }>

const opened = (
  requestId: string,
  { stepId, path }: Face,
  question: Omit<Question, 'event' | 'requestId' | 'stepId' | 'path' | 'openedAt'>,
): Keyed => ({
  event: 'requestOpened',
  key: `request:${requestId}:opened:0`,
  requestId,
  stepId,
  path,
  openedAt: new Date().toISOString(),
  ...question,
})

const closed = (requestId: string, kind: string, outcome: string, by: Person): Keyed => ({
  event: 'requestClosed',
  key: `request:${requestId}:closed`,
  requestId,
  kind,
  outcome,
  by,
})

const refusal = (why: string) => ApplicationFailure.nonRetryable(why, 'Refused')
