import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { connectConversations } from '../../client/temporal.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { instances } from '../../storage/sql/schema.ts'
import { addTeam } from '../../storage/sql/teams.ts'
import { saveHistory } from '../harness/history-file.ts'
import { beginTurn, talkAsPerson } from '../harness/play-turn.ts'
import { until } from '../harness/until.ts'
import { ana, boss, createWorld, type World } from '../harness/world.ts'

let world: World

async function save(name: string, run: string): Promise<void> {
  await world.ended(run)
  await world.runs.result(run).catch(() => {})
  await saveHistory(name, await world.history(run))
}

const everyStep = {
  name: 'Every step',
  variables: { text: '' },
  steps: [
    { id: 'hello', type: 'message', text: 'Hello.', quickReplies: ['Go on'] },
    { id: 'topic', type: 'ask', question: 'What about?', answer: { type: 'text' } },
    { id: 'amount', type: 'ask', question: 'How many?', answer: { type: 'number' }, attempts: 3 },
    { id: 'day', type: 'ask', question: 'By when?', answer: { type: 'date' } },
    {
      id: 'plan',
      type: 'ask',
      question: 'Which?',
      answer: {
        type: 'choice',
        strict: true,
        options: [
          { value: 'a', label: 'The first' },
          { value: 'b', label: 'The second' },
        ],
      },
    },
    { id: 'notes', type: 'ask', question: 'Notes?', answer: { type: 'file' } },
    { id: 'never', type: 'message', text: 'Never.', when: '${amount > 100}' },
    { id: 'text', type: 'draft', format: 'markdown', prompt: 'Write on ${topic} from ${notes}.' },
    { id: 'keep', type: 'set', variables: { text: '${text}' } },
    {
      id: 'wrong',
      type: 'set',
      variables: { text: '${input.missing.field}' },
      onError: { steps: [{ id: 'oops', type: 'message', text: '${error.message}' }] },
    },
    {
      id: 'checked',
      type: 'review',
      of: '${text}',
      criteria: ['compliance'],
      revise: 1,
      onFail: { steps: [{ id: 'sad', type: 'message', text: 'Not passed.' }] },
    },
    {
      id: 'ok',
      type: 'approval',
      title: 'Good?',
      artifact: { text: '${variables.text}' },
      approvers: { role: 'approver' },
      edit: true,
      onChanges: {
        steps: [
          { id: 'again', type: 'draft', format: 'text', prompt: '${ok.comment}' },
          { id: 'put', type: 'set', variables: { text: '${again}' } },
        ],
      },
    },
    {
      id: 'way',
      type: 'branch',
      cases: [{ when: "${plan == 'a'}", steps: [{ id: 'first', type: 'message', text: 'First.' }] }],
      otherwise: [{ id: 'second', type: 'message', text: 'Second.' }],
    },
    { id: 'file', type: 'document', format: 'md', name: '${topic}', content: '${ok.text}' },
    {
      id: 'out',
      type: 'deliver',
      files: '${file}',
      to: ['library', { email: 'a@x.example', subject: 's', body: 'b' }],
    },
    { id: 'tell', type: 'notify', to: { users: ['ana'] }, text: 'Done.', by: ['inbox', 'email'] },
    { id: 'done', type: 'end', output: { file: '${file.fileId}' } },
  ],
}

const linesAndLoops = {
  variables: { n: 0 },
  steps: [
    {
      id: 'lines',
      type: 'parallel',
      arms: [
        { name: 'asks', steps: [{ id: 'name', type: 'ask', question: 'Name?', answer: { type: 'text' } }] },
        {
          name: 'lets it pass',
          steps: [
            {
              id: 'town',
              type: 'ask',
              question: 'Town?',
              answer: { type: 'text' },
              remind: { after: 'PT1S', text: 'Still there?' },
              expire: { after: 'PT2S', steps: [{ id: 'late', type: 'message', text: 'Never mind.' }] },
            },
          ],
        },
      ],
    },
    {
      id: 'rounds',
      type: 'each',
      in: "${['a', 'b', 'c']}",
      parallel: 2,
      steps: [{ id: 'text', type: 'draft', format: 'text', prompt: '${item} ${name}' }],
    },
    {
      id: 'again',
      type: 'repeat',
      until: '${variables.n >= 2}',
      max: 10,
      steps: [
        { id: 'count', type: 'set', variables: { n: '${variables.n + 1}' } },
        { id: 'nap', type: 'wait', for: 'PT1S' },
      ],
    },
    { id: 'done', type: 'end', output: '${rounds}' },
  ],
}

const approving = {
  steps: [
    {
      id: 'ok',
      type: 'approval',
      title: 'Good?',
      artifact: { text: 'x' },
      onReject: { steps: [{ id: 'no', type: 'end', output: 'no' }] },
    },
  ],
}

/** The runs whose histories are kept: every kind of step, both ends of an approval, cancelled and failed ones. */
export function saveHistories(): void {
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world.close())

  it('every kind of step, with misfits, refusals and two rounds of an approval', async () => {
    const finding = { criterion: 'compliance', severity: 'high', quote: '', message: 'm' }
    world.models.will('# Text', { findings: [finding] }, 'Better.', { findings: [finding] }, 'Shorter.')
    const run = await world.begin(everyStep)
    for (const [step, value] of [
      ['topic', 'Freight'],
      ['amount', '12'],
      ['day', '2026-12-01'],
      ['plan', 'the second one'],
    ] as const) {
      await world.request(run, step)
      if (step === 'amount') await world.signal(run, 'answer', { value: 'many', by: ana })
      await world.runs.answer(run, { value, by: ana })
    }
    await world.request(run, 'notes')
    await world.runs.answer(run, { fileIds: [(await world.upload('empty.txt', '')).fileId], by: ana })
    const good = await world.upload('notes.txt', 'Forty licences.')
    for (let answered = false; !answered; )
      answered = await world.runs.answer(run, { fileIds: [good.fileId], by: ana }).then(
        () => true,
        () => false,
      )
    const { requestId } = await world.request(run, 'ok')
    await world.signal(run, 'decide', { decision: 'approve', by: ana })
    await world.runs.decide(run, { requestId, decision: 'changes', comment: 'Shorter.', by: boss })
    for (let decided = false; !decided; )
      decided = await world.runs.decide(run, { decision: 'approve', edited: 'Shortest.', by: boss }).then(
        () => true,
        () => false,
      )
    await save('every-step', run)
  })

  it('lines side by side, loops, a reminder, an expiry, a wait, and a subworkflow', async () => {
    world.models.will('A', 'B', 'C')
    const child = await world.publish(linesAndLoops)
    const run = await world.begin({ steps: [{ id: 'called', type: 'subworkflow', workflowId: child }] })
    const inside = await until('the run that is called', async () => {
      const rows = await world.db.select().from(instances).where(eq(instances.parentInstanceUuid, run))
      return rows[0]?.instanceUuid
    })
    const { requestId } = await world.request(inside, 'name')
    await until('the expiry', async () => (await world.events(inside, 'requestClosed')).length > 0)
    await world.runs.answer(inside, { requestId, value: 'Ann', by: ana })
    await save('lines-and-loops', inside)
    await save('calling', run)
  })

  it('an approval that is rejected, with and without `onReject`', async () => {
    const taken = await world.begin(approving)
    await world.request(taken)
    await world.signal(taken, 'decide', { decision: 'reject', comment: 'No.', by: ana })
    await save('rejected-with-steps', taken)
    const { onReject: _, ...bare } = approving.steps[0]!
    const failed = await world.begin({ steps: [bare] })
    await world.request(failed)
    await world.runs.decide(failed, { decision: 'reject', by: ana })
    await save('rejected', failed)
  })

  it('a run that was cancelled while it waited, and one in a model call', async () => {
    const waiting = await world.begin(approving)
    await world.request(waiting)
    await world.runs.cancel(waiting)
    await save('cancelled-waiting', waiting)
    let asked = () => {}
    const inCall = new Promise<void>((resolve) => (asked = resolve))
    world.models.will((_, { signal }) => {
      asked()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const drafting = await world.begin({
      steps: [
        { id: 'd', type: 'draft', format: 'text', prompt: 'x' },
        { id: 'm', type: 'message', text: 'never' },
      ],
    })
    await inCall
    await world.runs.cancel(drafting)
    await save('cancelled-in-model-call', drafting)
  })

  it('runs that failed: by a model, by attempts used up, by a step’s timeout', async () => {
    world.models.will('no', 'no', 'no')
    await save(
      'failed-by-model',
      await world.begin({ steps: [{ id: 'd', type: 'draft', format: 'json', prompt: 'x' }] }),
    )
    const used = await world.begin({
      steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'number' }, attempts: 1 }],
    })
    await world.request(used)
    await world.signal(used, 'answer', { value: 'soon', by: ana })
    await save('failed-by-attempts', used)
    await save(
      'failed-by-timeout',
      await world.begin({
        steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' }, timeout: 'PT1S' }],
      }),
    )
  })

  it('a conversation that a person of a team had for a while', async () => {
    await addTeam(world.db, world, randomUUID(), { name: 'support', members: ['boss'] })
    const workflowId = await world.publish({
      type: 'chat_driven',
      steps: [
        {
          id: 'person',
          type: 'route',
          team: 'support',
          note: '${userMessage}',
          expire: { after: 'P1D', steps: [] },
        },
        { id: 'after', type: 'message', text: 'Back.' },
        { id: 'end', type: 'end' },
      ],
    })
    const turn = await beginTurn(world, workflowId, { userMessage: 'Help' })
    await talkAsPerson(world, await world.request(turn), {
      talk: [{ boss: 'What is it?' }, { user: 'Nothing.' }],
      note: 'settled',
    })
    const { chatSessionId } = await world.ended(turn)
    await connectConversations(world).endSession(chatSessionId as string)
    const handle = world.client.workflow.getHandle(
      sessionWorkflowId(world.workspaceId, chatSessionId as string),
    )
    await handle.result()
    await saveHistory('with-a-person', await handle.fetchHistory())
  })
}
