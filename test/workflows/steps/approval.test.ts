import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { notices, requests } from '../../../storage/sql/schema.ts'
import { addTeam, removeTeam } from '../../../storage/sql/teams.ts'
import { refusal } from '../../harness/refusal.ts'
import { until } from '../../harness/until.ts'
import { ana, boss, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const approving = (more: Record<string, unknown> = {}) => ({
  steps: [
    { id: 'ok', type: 'approval', title: 'Send it?', artifact: { text: 'Dear ${input.who}' }, ...more },
    { id: 'done', type: 'end', output: '${ok}' },
  ],
})

async function open(more?: Record<string, unknown>) {
  const run = await world.begin(approving(more), { input: { who: 'Kari' } })
  return { run, request: await world.request(run) }
}

const byRole = { approvers: { role: 'approver' } }

it('F008 without named approvers, the person who runs it approves and nobody else', async () => {
  const { run, request } = await open()
  expect(request).toMatchObject({
    kind: 'approval',
    question: 'Send it?',
    approvers: { users: ['ana'] },
    artifact: { text: 'Dear Kari', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  })
  expect(await refusal(world.runs.decide(run, { decision: 'approve', by: boss }))).toMatchObject({
    code: 'NotApprover',
    message: expect.stringContaining('boss'),
  })
  await world.runs.decide(run, { decision: 'approve', by: ana })
  expect((await world.ended(run)).view.output).toMatchObject({
    decision: 'approve',
    by: 'ana',
    comment: null,
    text: 'Dear Kari',
  })
})

it('F023 resumes at that very point, with comment and edited text', async () => {
  const { run, request } = await open({ ...byRole, edit: true })
  await world.runs.decide(run, {
    requestId: request.requestId,
    decision: 'approve',
    comment: 'Fine so.',
    edited: 'Dear Kari Nordmann',
    by: boss,
  })
  const { view } = await world.ended(run)
  expect(view.output).toMatchObject({
    decision: 'approve',
    by: 'boss',
    comment: 'Fine so.',
    text: 'Dear Kari Nordmann',
    at: expect.stringMatching(/Z$/),
  })
  expect((await world.events(run, 'stepStarted')).map(({ path }) => path)).toEqual(['ok', 'done'])
  const [row] = await world.db.select().from(requests).where(eq(requests.requestId, request.requestId))
  expect(row).toMatchObject({ outcome: 'approved', approverRole: 'approver', closedBy: { userId: 'boss' } })
  expect(await world.events(run, 'requestClosed')).toEqual([
    expect.objectContaining({ outcome: 'approved', comment: 'Fine so.', by: boss }),
  ])
})

it('F023 of a team decide who was in it when it was asked, and who acts for it; nobody else', async () => {
  const teamId = randomUUID()
  await addTeam(world.db, world, teamId, { name: 'legal', members: ['boss'] })
  const asked = { approvers: { team: 'legal' } }
  const byId = { userId: 'boss' }
  const signalled = await open(asked)
  expect(signalled.request).toMatchObject({ approvers: { team: 'legal' } })
  await world.signal(signalled.run, 'decide', { decision: 'approve', by: ana })
  await world.signal(signalled.run, 'decide', { decision: 'reject', by: { ...ana, teams: ['sales'] } })
  await world.signal(signalled.run, 'decide', { decision: 'approve', by: byId })
  expect((await world.ended(signalled.run)).view.output).toMatchObject({ decision: 'approve', by: 'boss' })
  expect(await world.events(signalled.run, 'refused')).toHaveLength(2)

  const { run, request } = await open(asked)
  const { requestId } = request
  const mia = { userId: 'mia', teams: ['legal'] }
  expect(await refusal(world.runs.decide(run, { requestId, decision: 'approve', by: ana }))).toMatchObject({
    code: 'NotApprover',
  })
  await world.runs.decide(run, { requestId, decision: 'approve', by: mia })
  expect((await world.ended(run)).view.output).toMatchObject({ by: 'mia' })
  const told = await world.db
    .select()
    .from(notices)
    .where(eq(notices.key, `request:${requestId}`))
  expect(told.map(({ userId }) => userId)).toEqual(['boss'])

  await removeTeam(world.db, world, teamId)
  const failed = await world.begin(approving(asked), { input: { who: 'Kari' } })
  expect((await world.ended(failed)).view.error).toMatchObject({
    code: 'NotFound',
    message: expect.stringContaining('no team “legal” any more'),
  })
})

it('F023 users may be named by what is known, one or a list; a role may be added', async () => {
  const approvers = { users: ['${input.manager}', '${input.more}'], role: 'admin' }
  const run = await world.begin(approving({ approvers }), {
    input: { who: 'x', manager: 'mia', more: ['ola', 'per'] },
  })
  expect((await world.request(run)).approvers).toEqual({ users: ['mia', 'ola', 'per'], role: 'admin' })
  expect(await refusal(world.runs.decide(run, { decision: 'approve', by: ana }))).toMatchObject({
    code: 'NotApprover',
  })
  await world.runs.decide(run, { decision: 'approve', by: { userId: 'chef', roles: ['member', 'admin'] } })
  await world.ended(run)
})

it('an approval that names nobody fails, instead of waiting for ever', async () => {
  const run = await world.begin(approving({ approvers: { users: ['${input.nobody}'] } }), {
    input: { who: 'x', nobody: [] },
  })
  expect((await world.ended(run)).view.error).toMatchObject({
    code: 'ExpressionFailed',
    message: expect.stringContaining('names no one'),
  })
})

it('F023 a rejection without `onReject` fails the run, naming who and why', async () => {
  const { run } = await open(byRole)
  await world.runs.decide(run, { decision: 'reject', comment: 'Too dear.', by: boss })
  const { view } = await world.ended(run)
  expect(view).toMatchObject({
    status: 'failed',
    error: {
      code: 'Rejected',
      message: expect.stringMatching(/“Send it\?” was rejected by Boss: Too dear\./),
    },
  })
  await expect(world.runs.result(run)).rejects.toThrow()
})

it('F023 a rejection with `onReject` takes its steps, which see the comment', async () => {
  const onReject = { steps: [{ id: 'sorry', type: 'message', text: 'No: ${ok.comment}' }] }
  const { run } = await open({ ...byRole, onReject })
  await world.runs.decide(run, { decision: 'reject', comment: 'Too dear.', by: boss })
  expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: { decision: 'reject' } })
  expect((await world.events(run, 'message'))[0].text).toBe('No: Too dear.')
})

it('F023 changes: each round has paths of its own and opens the approval anew, with what was changed', async () => {
  world.models.will('First.', 'Second.', 'Third.')
  const run = await world.begin({
    variables: { text: '' },
    steps: [
      { id: 'brief', type: 'draft', format: 'text', prompt: 'Write.' },
      { id: 'keep', type: 'set', variables: { text: '${brief}' } },
      {
        id: 'ok',
        type: 'approval',
        title: 'Good?',
        artifact: { text: '${variables.text}' },
        onChanges: {
          steps: [
            { id: 'again', type: 'draft', format: 'text', prompt: 'Change “${ok.text}”: ${ok.comment}' },
            { id: 'put', type: 'set', variables: { text: '${again}' } },
          ],
        },
      },
      { id: 'done', type: 'end', output: '${ok.text}' },
    ],
  })
  const seen: string[] = []
  for (const [comment, text] of [
    ['shorter', 'First.'],
    ['warmer', 'Second.'],
  ] as const) {
    const request = await until('the next round', async () => {
      const one = await world.request(run)
      return !seen.includes(one.requestId) && one
    })
    seen.push(request.requestId)
    expect(request.artifact?.text).toBe(text)
    await world.runs.decide(run, { decision: 'changes', comment, by: ana })
  }
  const last = await until('the last round', async () => {
    const one = await world.request(run)
    return !seen.includes(one.requestId) && one
  })
  expect(last.artifact?.text).toBe('Third.')
  await world.runs.decide(run, { decision: 'approve', by: ana })
  expect((await world.ended(run)).view.output).toBe('Third.')
  expect(world.models.requests.slice(-2).map(({ user }) => user)).toEqual([
    'Change “First.”: shorter',
    'Change “Second.”: warmer',
  ])
  const paths = (await world.events(run, 'stepFinished')).map(({ path }) => path)
  expect(paths).toEqual([
    'brief',
    'keep',
    'ok[0].again',
    'ok[0].put',
    'ok[1].again',
    'ok[1].put',
    'ok',
    'done',
  ])
  const shown = (await world.events(run, 'progress')).map(({ percent }) => percent)
  expect(shown).toEqual([...shown].sort((a, b) => a - b))
  expect((await world.events(run, 'requestClosed')).map(({ outcome }) => outcome)).toEqual([
    'changes',
    'changes',
    'approved',
  ])
})

it('F023 changes with `again: false` goes on after its steps, with the edited text', async () => {
  const onChanges = { steps: [{ id: 'note', type: 'message', text: 'Changed.' }], again: false }
  const { run } = await open({ onChanges, edit: true })
  await world.runs.decide(run, { decision: 'changes', edited: 'Hi Kari', by: ana })
  expect((await world.ended(run)).view.output).toMatchObject({ decision: 'changes', text: 'Hi Kari' })
})

it('an end among the steps of `onChanges` ends the run there', async () => {
  const { run } = await open({ onChanges: { steps: [{ id: 'stop', type: 'end', output: 'stopped' }] } })
  await world.runs.decide(run, { decision: 'changes', by: ana })
  expect((await world.ended(run)).view).toMatchObject({
    status: 'completed',
    output: 'stopped',
    requests: [],
  })
})

it.each([
  ['changes where they lead nowhere', { decision: 'changes' }, /knows no changes/],
  ['an edited text where it may not be edited', { decision: 'approve', edited: 'x' }, /may not be edited/],
  ['a decision that there is not', { decision: 'maybe' }, /decision/],
])('refuses %s', async (_, given, words) => {
  const { run } = await open()
  expect((await refusal(world.runs.decide(run, { ...given, by: ana } as never))).message).toMatch(words)
  await world.runs.decide(run, { decision: 'approve', by: ana })
  await world.ended(run)
})

it('of two approvers at once one decides; the other is told who did, and when', async () => {
  for (let round = 0; round < 5; round++) {
    // A step after it keeps the run alive, so that both are heard.
    const run = await world.begin({
      steps: [
        {
          id: 'ok',
          type: 'approval',
          title: 'Go?',
          artifact: { text: 'x' },
          ...byRole,
          onReject: { steps: [] },
        },
        { id: 'q', type: 'ask', question: 'And?', answer: { type: 'text' } },
      ],
    })
    const { requestId } = await world.request(run, 'ok')
    const people = ['one', 'two'].map((userId) => ({ userId, roles: ['approver'] }))
    const both = await Promise.allSettled(
      people.map((by, index) =>
        world.runs.decide(run, { requestId, decision: index ? 'reject' : 'approve', by }),
      ),
    )
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const lost = both.find((one) => one.status === 'rejected')
    expect(await refusal(Promise.reject(lost?.reason))).toMatchObject({
      code: 'AlreadyDecided',
      message: expect.stringMatching(/^Decided already by (one|two) at \d{4}-/),
    })
    await world.request(run, 'q')
    // And later still the same.
    expect(
      await refusal(world.runs.decide(run, { requestId, decision: 'approve', by: people[0]! })),
    ).toMatchObject({ code: 'AlreadyDecided' })
    await world.runs.answer(run, { value: 'x', by: ana })
    await world.ended(run)
    expect(await world.events(run, 'requestClosed')).toHaveLength(2)
  }
})

it('F023 a decision by `temporal workflow signal`, as an approver gives it on the command line, resumes the run', async () => {
  const { run, request } = await open({ approvers: { users: ['boss'] } })
  const signal = (payload: unknown) =>
    world.cli(
      'workflow',
      'signal',
      '--workflow-id',
      `ws:${world.workspaceId}:run:${run}`,
      '--name',
      'decide',
      '--input',
      JSON.stringify(payload),
    )
  await signal({ decision: 'approve', by: { userId: 'ana' } })
  await signal({ decision: 'yes', by: { userId: 'boss' } })
  await signal({
    requestId: request.requestId,
    decision: 'approve',
    comment: 'From the shell',
    by: { userId: 'boss' },
  })
  expect((await world.ended(run)).view.output).toMatchObject({
    decision: 'approve',
    by: 'boss',
    comment: 'From the shell',
  })
  expect((await world.events(run, 'refused')).map(({ name, reason }) => [name, reason])).toEqual([
    ['decide', 'ana is not an approver of this request.'],
    ['decide', expect.stringContaining('decision')],
  ])
})

it('a decision on a question, and an answer to an approval, are told that nothing of the kind is open', async () => {
  const run = await world.begin({
    steps: [
      { id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } },
      { id: 'ok', type: 'approval', title: 'Go?', artifact: { text: 'x' } },
    ],
  })
  const question = await world.request(run, 'q')
  const decide = { requestId: question.requestId, decision: 'approve', by: ana } as const
  expect(await refusal(world.runs.decide(run, decide))).toMatchObject({ code: 'NotOpen' })
  await world.runs.answer(run, { value: 'x', by: ana })
  const { requestId } = await world.request(run, 'ok')
  expect(await refusal(world.runs.decide(run, decide))).toMatchObject({ code: 'NotOpen' })
  expect(await refusal(world.runs.answer(run, { requestId, value: 'x', by: ana }))).toMatchObject({
    code: 'NotOpen',
  })
  await world.runs.decide(run, { decision: 'approve', by: ana })
  await world.ended(run)
})

it('a signal that is refused costs nothing and keeps the approval open', async () => {
  const { run, request } = await open()
  await world.signal(run, 'decide', { decision: 'changes', by: ana })
  await until('the refusal in the journal', async () => (await world.events(run, 'refused')).length === 1)
  expect(await world.request(run)).toMatchObject({ requestId: request.requestId })
  await world.signal(run, 'decide', { decision: 'approve', by: ana })
  expect((await world.ended(run)).status).toBe('completed')
})

it('shows files with the text, and hashes both', async () => {
  const run = await world.begin({
    steps: [
      { id: 'f', type: 'document', format: 'md', name: 'Offer', content: '# Offer' },
      { id: 'ok', type: 'approval', title: 'Good?', artifact: { text: 'See the file.', files: ['${f}'] } },
    ],
  })
  const { artifact } = await world.request(run)
  expect(artifact).toMatchObject({
    text: 'See the file.',
    files: [{ name: 'Offer.md' }],
    fileIds: [expect.any(String)],
    sha256: expect.any(String),
  })
  await world.runs.decide(run, { decision: 'approve', by: ana })
  await world.ended(run)
})
