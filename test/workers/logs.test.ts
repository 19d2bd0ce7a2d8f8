import { request } from 'node:http'
import { type Processes, startProcesses } from '../harness/processes.ts'
import type { Line, Program } from '../harness/program.ts'
import { until } from '../harness/until.ts'

let all: Processes
let worker: Program
let asked = 0
beforeAll(async () => {
  const level = { LOG_LEVEL: 'debug' }
  // The first answer is none, so that an attempt fails on what the model said.
  all = await startProcesses(() => (asked++ < 3 ? '' : 'canary-answer'), level)
  worker = await all.worker()
})
afterAll(() => all.close())

const all_lines = () => [all.api, worker].flatMap((program) => program.text().split('\n').filter(Boolean))

/** A request as no client of ours would send it. */
const rawRequest = (method: string, path: string, headers: Record<string, string>, body: string) =>
  new Promise<number>((resolve, reject) => {
    const sent = request(`${all.baseUrl}${path}`, { method, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.once('error', reject).end(body)
  })

it('every line of a whole run is JSON, names run and step, and holds no word of anybody, at debug', async () => {
  const workflowId = await all.publish({
    name: 'canary-name',
    input: { type: 'object', properties: { about: { type: 'string' } } },
    steps: [
      {
        id: 'topic',
        type: 'ask',
        title: 'canary-title',
        question: 'canary-question?',
        answer: { type: 'text' },
      },
      { id: 'notes', type: 'ask', question: 'canary-file?', answer: { type: 'file', accept: ['.md'] } },
      { id: 'lost', type: 'draft', format: 'text', prompt: 'canary-lost', onError: 'continue' },
      { id: 'text', type: 'draft', format: 'text', prompt: 'canary-prompt ${topic} ${notes} ${input.about}' },
      {
        id: 'ok',
        type: 'approval',
        title: 'canary-approval',
        approvers: { role: 'admin' },
        artifact: { text: '${text}' },
      },
      { id: 'file', type: 'document', format: 'docx', name: 'canary-document', content: '${text}' },
      {
        id: 'out',
        type: 'deliver',
        files: ['${file}'],
        to: [
          'library',
          { email: ['canary-mail@parley.example'], subject: 'canary-subject', body: '${text}' },
        ],
      },
      { id: 'done', type: 'end', output: '${text}' },
    ],
  })
  const { instanceUuid } = await all.parley.startRun({ workflowId, input: { about: 'canary-input' } })
  const open = (stepId: string) =>
    until(`the request at ${stepId}`, async () =>
      (await all.parley.instance(instanceUuid)).requests.find((one) => one.stepId === stepId),
    )
  await open('topic')
  await all.parley.answer(instanceUuid, { value: 'canary-topic' })
  await open('notes')
  const file = await all.parley.upload({
    name: 'canary-file.md',
    bytes: new TextEncoder().encode('# canary-content'),
  })
  await expect(all.parley.answer(instanceUuid, { value: 'canary-value' })).rejects.toThrow()
  await all.parley.answer(instanceUuid, { fileIds: [file.fileId] })
  await open('ok')
  await all.parley.decide(instanceUuid, { decision: 'approve', comment: 'canary-comment' })
  await until('the end', async () => (await all.parley.instance(instanceUuid)).status === 'completed')
  const failing = await all.publish({
    steps: [
      { id: 'bad', type: 'set', variables: { x: '${["canary-number"][3]}' } },
      { id: 'done', type: 'end' },
    ],
  })
  const failed = await all.parley.startRun({ workflowId: failing })
  await until('its end', async () => (await all.parley.instance(failed.instanceUuid)).status === 'failed')
  const headers = {
    'content-type': 'application/json',
    authorization: 'Bearer pk_canary_canary_canary_canary',
    'user-agent': 'canary-agent',
    cookie: 'canary=1',
    'idempotency-key': 'canary-key',
    'x-canary': 'canary-header',
  }
  expect(await rawRequest('GET', '/canary-path?canary=query', headers, '')).toBe(404)
  expect(await rawRequest('GET', '/api/me?canary=query', headers, '')).toBe(401)
  const { authorization: _, ...without } = headers
  expect(await rawRequest('POST', '/api/me', without, '{"canary-json')).toBe(405)

  const lines = all_lines()
  expect(lines.filter((line) => line.includes('canary'))).toEqual([])
  const parsed = lines.map((line) => JSON.parse(line) as Line)
  for (const line of parsed)
    expect(line).toMatchObject({
      level: expect.any(String),
      process: expect.stringMatching(/^(api|worker)$/),
    })
  const found = (fields: object) =>
    parsed.some((line) => Object.entries(fields).every(([name, value]) => line[name] === value))
  const { workspaceId } = parsed.find((line) => line.workspaceId) as Line
  expect(workspaceId).toMatch(/^[0-9a-f-]{36}$/)
  const run = { workspaceId, instanceUuid }
  expect(found({ ...run, stepId: 'text', activity: 'generateText', outcome: 'ok', process: 'worker' })).toBe(
    true,
  )
  expect(found({ ...run, stepId: 'lost', outcome: 'ModelOutputInvalid', level: 'warn' })).toBe(true)
  expect(found({ ...run, workflowType: 'run' })).toBe(true)
  const answered = parsed.find(
    (line) => line.route?.endsWith('/{instanceUuid}/answers') && line.status === 200,
  )
  expect(answered).toMatchObject({ ...run, process: 'api', method: 'POST', requestId: expect.any(String) })
  expect(found({ route: 'none', status: 404 })).toBe(true)
})
