import { Client, WorkflowFailedError } from '@temporalio/client'
import { connectRuns } from '../../client/temporal.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { keyOfReference, payloadFolder } from '../../shared/temporal/payload-files.ts'
import type { PayloadFiles } from '../../storage/assets/assets.ts'
import { sweepPayloads } from '../../workers/sweep-payloads.ts'
import { rawHistory, rawPayloads } from '../harness/raw-history.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
/** Set while the store of files does not answer; counts how often it was asked. */
let away: { asked: number } | undefined

beforeAll(async () => {
  world = await createWorld((deps) => ({
    ...deps,
    assets: { ...deps.assets, payloads: faulty(deps.assets.payloads) },
  }))
})
afterEach(async () => {
  away = undefined
  await world.replay()
})
afterAll(() => world.close())

function faulty(payloads: PayloadFiles): PayloadFiles {
  const check = () => {
    if (!away) return
    away.asked++
    throw new Refusal('Unavailable', 'the file store does not answer right now: try again')
  }
  return {
    ...payloads,
    put: async (key, bytes) => {
      check()
      await payloads.put(key, bytes)
    },
    bytes: async (key) => {
      check()
      return payloads.bytes(key)
    },
  }
}

const words = (kilobytes: number) => `${'ä word '.repeat(kilobytes * 128)}end`
const long = words(300)

const proposal = {
  steps: [
    { id: 'text', type: 'draft', format: 'text', prompt: 'Write on ${variables.topic}' },
    { id: 'checked', type: 'review', of: '${text}', criteria: ['compliance'] },
    { id: 'ok', type: 'approval', title: 'Good?', artifact: { text: '${checked.text}' } },
    { id: 'file', type: 'document', format: 'md', name: 'Long', content: '${ok.text}' },
    { id: 'done', type: 'end', output: { text: '${ok.text}', file: '${file.fileId}' } },
  ],
}

async function beginProposal(): Promise<string> {
  world.models.will(long, { findings: [] })
  return world.begin(proposal, { variables: { topic: words(70) } })
}

const filesOf = async (run: string): Promise<{ key: string; writtenAt: Date }[]> => {
  const found = []
  const folder = payloadFolder(world.client.options.namespace, runWorkflowId(world.workspaceId, run))
  for await (const file of world.deps.assets.payloads.files(folder)) found.push(file)
  return found
}

it('F002 a draft of 300 KB goes through review, approval and document, and leaves a small history', async () => {
  const run = await beginProposal()
  const { artifact } = await world.request(run, 'ok')
  expect(artifact?.text).toBe(long)
  // Another worker has only the history and the files.
  await world.restartWorker()
  expect((await world.runs.state(run)).requests[0]?.artifact?.text).toBe(long)
  await world.runs.decide(run, { decision: 'approve', by: ana })
  const ended = await world.ended(run)
  expect(ended.status).toBe('completed')
  const { text, file } = (await world.runs.result(run)) as { text: string; file: string }
  expect(text).toBe(long)
  const document = { workspaceId: world.workspaceId, fileId: file, part: 'original' } as const
  expect(new TextDecoder().decode(await world.deps.assets.bytes(document))).toContain(long)

  const sizes = (await rawHistory(world, run)).map((event) => event.length)
  expect(Math.max(...sizes)).toBeLessThan(64 * 1024)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(64 * 1024)
  expect((await filesOf(run)).length).toBeGreaterThan(3)
})

it('F002 large answers by update and by signal, large input and large outputs are plain values on both sides', async () => {
  const run = await world.begin(
    {
      steps: [
        { id: 'one', type: 'ask', question: 'One?', answer: { type: 'text' } },
        { id: 'two', type: 'ask', question: 'Two?', answer: { type: 'text' } },
        { id: 'done', type: 'end', output: ['${one}', '${two}', '${variables.three}'] },
      ],
    },
    { variables: { three: words(200) } },
  )
  await world.request(run, 'one')
  await world.runs.answer(run, { value: words(100), by: ana })
  await world.request(run, 'two')
  await world.signal(run, 'answer', { value: words(150), by: ana })
  expect(await world.runs.result(run)).toEqual([words(100), words(150), words(200)])
  expect(Math.max(...(await rawHistory(world, run)).map((event) => event.length))).toBeLessThan(64 * 1024)
})

it('F002 a query that is asked again and again leaves one file', async () => {
  const run = await world.begin(
    { steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } }] },
    { variables: { big: long } },
  )
  await world.request(run)
  await world.runs.state(run)
  const before = (await filesOf(run)).length
  for (let times = 0; times < 5; times++) expect((await world.runs.state(run)).variables.big).toBe(long)
  expect((await filesOf(run)).length).toBe(before)
})

it('F002 while the file store is away a run waits, in the step and in the workflow, and goes on afterwards', async () => {
  let written = () => {}
  const isAway = new Promise<void>((resolve) => (written = resolve))
  world.models.will(() => {
    away = { asked: 0 }
    written()
    return long
  })
  world.models.will({ findings: [] })
  const run = await world.begin(proposal, { variables: { topic: 'tea' } })
  await isAway
  // More often than one call is patient for: Temporal itself has repeated the work by then.
  await until('the store to be asked in vain', () => (away?.asked ?? 0) > 12, 40_000)
  away = undefined
  await world.request(run, 'ok')

  // The decision makes the workflow task store what the document is made of.
  away = { asked: 0 }
  const decided = world.runs.decide(run, { decision: 'approve', by: ana })
  await until('the store to be asked in vain', () => (away?.asked ?? 0) > 6, 40_000)
  away = undefined
  await decided
  expect(((await world.runs.result(run)) as { text: string }).text).toBe(long)
})

it('F002 a stored payload that was changed is not used: the run waits until it is put back', async () => {
  const run = await beginProposal()
  await world.request(run, 'ok')
  const [key = ''] = (await rawPayloads(world, run)).flatMap((payload) => keyOfReference(payload) ?? [])
  const { payloads } = world.deps.assets
  const kept = await payloads.bytes(key)
  await payloads.put(key, Buffer.concat([kept, Buffer.from('x')]))
  await world.restartWorker()
  await world.signal(run, 'decide', { decision: 'approve', by: ana })
  await until('operators to be told', async () =>
    (await rawHistory(world, run)).some((event) => Buffer.from(event).includes('has been changed')),
  )
  await payloads.put(key, kept)
  await world.runs.result(run)
})

it('F002 a client without the converter works as long as values are small, and is told when they are not', async () => {
  const { connection, options } = world.client
  const plain = connectRuns({
    client: new Client({ connection, namespace: options.namespace }),
    workspaceId: world.workspaceId,
    appId: world.appId,
  })
  const run = await world.begin({
    steps: [
      { id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } },
      { id: 'done', type: 'end', output: '${q}' },
    ],
  })
  await world.request(run)
  expect(await plain.progress(run)).toMatchObject({ status: 'waiting' })
  await plain.answer(run, { value: words(70), by: ana })
  expect(await world.runs.result(run)).toBe(words(70))
  await expect(plain.result(run)).rejects.toThrow('external storage is not configured')
})

it('F002 failures keep their words, and large ones fail as what they are', async () => {
  const run = await world.begin(
    { steps: [{ id: 'bad', type: 'set', variables: { x: '${input.missing.field}' } }] },
    { variables: { x: long } },
  )
  const failed = await world.runs.result(run).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(WorkflowFailedError)
  expect((await world.ended(run)).view.error?.code).toBe('ExpressionFailed')
})

it('F002 payloads go when Temporal has forgotten their run and all runs above it, and not before', async () => {
  const run = await beginProposal()
  await world.request(run, 'ok')
  const [db, client] = [world.db, world.client]
  const sweep = (youngest: number) =>
    sweepPayloads({ db, client, payloads: world.deps.assets.payloads, youngest })
  await sweep(0)
  expect((await filesOf(run)).length).toBeGreaterThan(0)
  await world.runs.decide(run, { decision: 'approve', by: ana })
  await world.runs.result(run)
  await world.replay()
  await client.workflowService.deleteWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: runWorkflowId(world.workspaceId, run) },
  })
  await until(
    'Temporal to have forgotten the run',
    async () =>
      world
        .handle(run)
        .describe()
        .then(
          () => false,
          () => true,
        ),
    40_000,
  )
  await sweep(86_400_000)
  expect((await filesOf(run)).length).toBeGreaterThan(0)
  await sweep(0)
  expect(await filesOf(run)).toEqual([])
})
