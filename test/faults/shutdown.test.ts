import { setTimeout as pause } from 'node:timers/promises'
import { type Processes, startProcesses } from '../harness/processes.ts'
import type { Program } from '../harness/program.ts'
import { until } from '../harness/until.ts'

const limit = 150_000

let all: Processes
beforeAll(async () => {
  all = await startProcesses(({ messages }) => `Written for: ${messages.at(-1)?.content}`)
}, limit)
afterAll(() => all.close())

const draftAndMail = (topic: string) => ({
  steps: [
    { id: 'text', type: 'draft', format: 'text', prompt: `Write about ${topic}` },
    {
      id: 'out',
      type: 'deliver',
      files: [],
      to: [{ email: ['someone@parley.example'], subject: topic, body: '${text}' }],
    },
    { id: 'done', type: 'end', output: '${text}' },
  ],
})

const ask = { steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } }] }

const callsAbout = (topic: string) =>
  all.model.requests.filter(({ messages }) => messages.at(-1)?.content.includes(topic)).length

const mailsAbout = async (topic: string) =>
  (await all.parley.mailbox({ limit: 100 })).items.filter(({ subject }) => subject === topic).length

/** Starts a run whose model call is held, and resolves when the model was asked. */
async function beginHeld(topic: string): Promise<string> {
  all.model.hold()
  const { instanceUuid } = await all.parley.startRun({ workflowId: await all.publish(draftAndMail(topic)) })
  await until('the model to be asked', () => callsAbout(topic) > 0)
  return instanceUuid
}

/** SIGTERM; gives the exit code and how many seconds it took. */
async function terminate(program: Program): Promise<{ code: number | null; seconds: number }> {
  const began = performance.now()
  program.child.kill('SIGTERM')
  const code = await program.ended
  return { code, seconds: (performance.now() - began) / 1_000 }
}

async function expectWhole(instanceUuid: string, topic: string): Promise<void> {
  const ended = await until(
    'the end',
    async () => {
      const now = await all.parley.instance(instanceUuid)
      return now.finishedAt ? now : undefined
    },
    60_000,
  )
  expect(ended).toMatchObject({ status: 'completed', output: `Written for: Write about ${topic}` })
  expect(await mailsAbout(topic)).toBe(1)
  const { steps } = await all.parley.log(instanceUuid)
  expect(steps.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
}

it.each([2, 10])(
  'a worker told to stop in the middle of a model call of %d s finishes it, and ends with code 0',
  async (seconds) => {
    const worker = await all.worker()
    const topic = `a call of ${seconds} s`
    const run = await beginHeld(topic)
    const gone = terminate(worker)
    await pause(seconds * 1_000)
    all.model.release()
    expect(await gone).toMatchObject({ code: 0 })
    expect((await gone).seconds).toBeLessThan(25)
    const next = await all.worker()
    await expectWhole(run, topic)
    expect(callsAbout(topic)).toBe(1)
    await terminate(next)
  },
  limit,
)

it(
  'a worker told to stop in the middle of a model call of a minute hands it over within 25 s, with no failed step',
  async () => {
    const [leaving, staying] = [await all.worker(), undefined as Program | undefined]
    const topic = 'a call of a minute'
    const run = await beginHeld(topic)
    const gone = terminate(leaving)
    const other = staying ?? (await all.worker())
    expect(await gone).toMatchObject({ code: 0 })
    expect((await gone).seconds).toBeLessThan(25)
    await until('the call to be made again', () => callsAbout(topic) === 2, 30_000)
    all.model.release()
    await expectWhole(run, topic)
    await terminate(other)
  },
  limit,
)

it(
  'a second signal ends a worker at once, and the run goes on elsewhere',
  async () => {
    const worker = await all.worker()
    const topic = 'ended at once'
    const run = await beginHeld(topic)
    worker.child.kill('SIGTERM')
    await until('the first signal to be heard', () => worker.lines().some(({ msg }) => msg === 'stopping'))
    await pause(600)
    const began = performance.now()
    worker.child.kill('SIGINT')
    expect(await worker.ended).toBe(130)
    expect(performance.now() - began).toBeLessThan(1_000)
    all.model.release()
    const next = await all.worker()
    await expectWhole(run, topic)
    await terminate(next)
  },
  limit,
)

it(
  'an API told to stop lets a request finish, ends event streams with a hint, takes nothing new, and ends with code 0',
  async () => {
    const worker = await all.worker()
    const { instanceUuid } = await all.parley.startRun({ workflowId: await all.publish(ask) })
    // A task that Temporal gave to a worker in the moment it ended comes again after ten seconds.
    const asked = async () => (await all.parley.instance(instanceUuid)).requests[0]
    await until('the question', asked, 60_000)
    const { workspaces } = await (await fetch(`${all.baseUrl}/api/me`)).json()
    const place = `/api/runtime/wks/${workspaces[0].workspaceId}/app/${workspaces[0].apps[0].appId}`
    const stream = await fetch(`${all.baseUrl}${place}/workflows/instances/${instanceUuid}/stream`)
    // With no worker to take it the answer waits in Temporal, and its request with it.
    await terminate(worker)
    const answered = fetch(`${all.baseUrl}${place}/workflows/instances/${instanceUuid}/answers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value: 'Good' }),
    }).then((response) => response.status)
    // The request has ten seconds, of which a worker on a busy machine needs some to start.
    const next = all.worker()
    await pause(500)
    const gone = terminate(all.api)
    expect(await stream.text()).toMatch(/retry: 1000\n\n$/)
    await expect(fetch(`${all.baseUrl}/health/live`)).rejects.toThrow()
    expect(await answered).toBe(200)
    expect(await gone).toMatchObject({ code: 0 })
    expect((await gone).seconds).toBeLessThan(25)
    expect(all.api.lines().at(-1)).toMatchObject({ msg: 'stopped' })
    await terminate(await next)
  },
  limit,
)
