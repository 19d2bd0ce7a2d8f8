import { randomBytes } from 'node:crypto'
import { Client } from '@temporalio/client'
import { connectRuns } from '../../client/temporal.ts'
import { keyIdOf } from '../../shared/encryption-key.ts'
import { createCodec, encryptedFor } from '../../shared/temporal/codec.ts'
import { createDataConverter } from '../../shared/temporal/data-converter.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { keyOfReference, payloadFolder } from '../../shared/temporal/payload-files.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { rawHistory, rawPayloads } from '../harness/raw-history.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

const key = randomBytes(32)
let world: World
let api: TestApi
beforeAll(async () => {
  world = await createWorld(undefined, { encryptionKeys: [key] })
  api = await startApi({
    world,
    over: {
      codec: createCodec([key]),
      localAdmin: false,
      temporalUi: { url: 'http://temporal.example:8233/ui', namespace: 'default' },
    },
  })
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

const canary = 'Zanzibar-4711'
/** As it stands, and in base64 at each of the three places it can begin in a group. */
const traces = [
  canary,
  ...[0, 1, 2].map((shift) =>
    Buffer.from(' '.repeat(shift) + canary)
      .toString('base64')
      .slice(4, 16),
  ),
]

const everywhere = {
  steps: [
    { id: 'one', type: 'ask', question: '${variables.word}?', answer: { type: 'number', max: 99 } },
    { id: 'text', type: 'draft', format: 'text', prompt: 'On ${variables.word}' },
    { id: 'ok', type: 'approval', title: 'Good?', artifact: { text: '${text}' } },
    { id: 'bad', type: 'end', output: '${input[variables.word]}' },
  ],
}

/** A run with the canary in its input, a question, a refused signal, a long draft, a decision and its failure. */
async function runEverywhere(): Promise<string> {
  world.models.will(`${canary} `.repeat(10_000))
  const run = await world.begin(everywhere, { variables: { word: canary } })
  await world.request(run, 'one')
  await world.runs.answer(run, { value: canary, by: ana }).catch(() => {})
  await world.signal(run, 'decide', { decision: canary, by: ana })
  await until('the refused signal', async () => (await world.events(run, 'refused')).length > 0)
  await world.runs.answer(run, { value: 12, by: ana })
  await world.request(run, 'ok')
  await world.runs.decide(run, { decision: 'approve', comment: canary, by: { ...ana, name: canary } })
  await world.runs.result(run).catch(() => {})
  return run
}

const hides = (bytes: Uint8Array): void => {
  const text = Buffer.from(bytes).toString('latin1')
  for (const trace of traces) expect(text).not.toContain(trace)
}

it('F020 neither histories nor stored payloads hold a word that people wrote', async () => {
  const run = await runEverywhere()
  expect((await world.ended(run)).view.error?.message).toContain(canary)
  const events = await rawHistory(world, run)
  expect(events.length).toBeGreaterThan(20)
  events.forEach(hides)
  const { payloads } = world.deps.assets
  const folder = payloadFolder(world.client.options.namespace, runWorkflowId(world.workspaceId, run))
  let files = 0
  for await (const file of payloads.files(folder)) {
    hides(await payloads.bytes(file.key))
    files++
  }
  expect(files).toBeGreaterThan(1)
  // Besides: references, and what the SDK notes of its local activities, which is times and names of ours.
  const plain = (await rawPayloads(world, run))
    .filter((payload) => encryptedFor(payload) !== world.workspaceId && keyOfReference(payload) === undefined)
    .map(({ data }) => Object.keys(JSON.parse(Buffer.from(data ?? []).toString())))
  for (const names of plain) expect(names.slice(0, 3)).toEqual(['seq', 'attempt', 'activity_id'])
})

it('F020 a failure keeps its words for who has the key', async () => {
  const run = await world.begin({ steps: [{ id: 'x', type: 'set', variables: { y: '${input.Zanzibar}' } }] })
  await expect(world.runs.result(run)).rejects.toMatchObject({
    cause: { message: expect.stringContaining('Zanzibar') },
  })
})

it('F020 a plain signal from the command line is taken', async () => {
  const run = await world.begin({
    steps: [
      { id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } },
      { id: 'e', type: 'end', output: '${q}' },
    ],
  })
  await world.request(run)
  const input = JSON.stringify({ value: 'plain', by: ana })
  await world.cli(
    'workflow',
    'signal',
    '--workflow-id',
    runWorkflowId(world.workspaceId, run),
    '--name',
    'answer',
    '--input',
    input,
  )
  expect(await world.runs.result(run)).toBe('plain')
})

it('F020 a new key is put before the old one without losing a run; without the old one a run waits for it', async () => {
  const steps = [
    { id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } },
    { id: 'e', type: 'end', output: '${q}' },
  ]
  const workflowId = await world.publish({ steps })
  const { instanceUuid } = await world.runs.startRun({
    workflowId,
    startedBy: ana,
    variables: { old: canary },
  })
  await world.request(instanceUuid)
  const fresh = randomBytes(32)
  await world.restartWorker([fresh])
  await world.signal(instanceUuid, 'answer', { value: 'done', by: ana })
  const said = `encrypted with the key ${keyIdOf(key)}, which is not here (${keyIdOf(fresh)})`
  await until('operators to be told in plain words', async () =>
    (await rawHistory(world, instanceUuid)).some((event) => Buffer.from(event).includes(said)),
  )
  await world.restartWorker([fresh, key])
  const { connection, options } = world.client
  const dataConverter = createDataConverter({
    payloads: world.deps.assets.payloads,
    encryptionKeys: [fresh, key],
  })
  const { workspaceId, appId } = world
  const client = new Client({ connection, namespace: options.namespace, dataConverter })
  const runs = connectRuns({ client, workspaceId, appId })
  expect(await runs.result(instanceUuid)).toBe('done')
  const used = (await rawPayloads(world, instanceUuid)).flatMap(({ metadata }) =>
    metadata?.parleyKey ? Buffer.from(metadata.parleyKey).toString() : [],
  )
  expect(new Set(used)).toEqual(new Set([keyIdOf(key), keyIdOf(fresh)]))
  await world.restartWorker()
})

describe('F020 the codec for Temporal’s Web UI', () => {
  const ui = { origin: 'http://temporal.example:8233' }
  const wire = async (run: string) =>
    (await rawPayloads(world, run)).map(({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      ),
      data: Buffer.from(data ?? []).toString('base64'),
    }))
  const textOf = (body: { payloads: { data: string }[] }) =>
    body.payloads.map(({ data }) => Buffer.from(data, 'base64').toString()).join('\n')

  it('decodes for an admin of the workspace, large payloads too, and for nobody else', async () => {
    const payloads = await wire(await runEverywhere())
    const { status, body, headers } = await api.as('admin').post('/codec/decode', { payloads }, ui)
    expect(status).toBe(200)
    expect(headers.get('access-control-allow-origin')).toBe('http://temporal.example:8233')
    expect(body.payloads).toHaveLength(payloads.length)
    expect(textOf(body)).toContain(`${canary} `.repeat(10_000).trim())
    const kept = await api.as('admin').post('/codec/decode?preserveStorageRefs=true', { payloads }, ui)
    expect(textOf(kept.body)).toContain('claimData')
    expect(textOf(kept.body)).toContain(canary)

    expect((await api.as('member').post('/codec/decode', { payloads })).status).toBe(403)
    const foreign = await api.as('foreigner').post('/codec/decode', { payloads })
    expect(foreign.status).toBe(200)
    expect(foreign.body.payloads).toEqual(payloads)
    const nobody = await api.as('admin').send('/codec/decode', {
      method: 'POST',
      headers: { Authorization: '', 'Content-Type': 'application/json' },
      body: JSON.stringify({ payloads }),
    })
    expect(nobody.status).toBe(401)
  })

  it('encodes what a run takes', async () => {
    const plain = {
      metadata: { encoding: Buffer.from('json/plain').toString('base64') },
      data: Buffer.from('"x"').toString('base64'),
    }
    const { body } = await api.as('admin').post('/codec/encode', { payloads: [plain] })
    expect(body.payloads[0].data).not.toBe(plain.data)
    expect((await api.as('admin').post('/codec/decode', { payloads: body.payloads })).body.payloads).toEqual([
      plain,
    ])
  })

  it('answers no other page, and a preflight of the UI', async () => {
    const evil = await api
      .as('admin')
      .post('/codec/decode', { payloads: [] }, { origin: 'http://evil.example' })
    expect(evil.status).toBe(403)
    expect(evil.headers.get('access-control-allow-origin')).toBeNull()
    const asked = await fetch(`${api.url}/codec/decode`, { method: 'OPTIONS', headers: ui })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-headers')).toContain('X-Namespace')
  })

  it('is off without a key', async () => {
    const off = await startApi()
    expect((await off.as('admin').post('/codec/decode', { payloads: [] })).status).toBe(404)
    await off.close()
  })

  it('says that a payload was changed, and refuses nonsense', async () => {
    const payloads = await wire(await world.begin({ steps: [{ id: 'e', type: 'end', output: 'x' }] }))
    const [first] = payloads
    const changed = Buffer.from(first!.data, 'base64')
    changed[20] = (changed[20] as number) ^ 1
    const given = { payloads: [{ ...first, data: changed.toString('base64') }] }
    const answer = await api.as('admin').post('/codec/decode', given)
    expect(answer.status).toBe(503)
    expect(answer.body.detail).toContain('has been changed')
    expect((await api.as('admin').post('/codec/decode', { payloads: [{ data: '%%' }] })).status).toBe(400)
  })
})
