import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { HttpProblem, type Instance } from '../../client/http.ts'
import { dice, seed } from '../harness/dice.ts'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'

/**
 * The whole drill takes three minutes of killing: `PARLEY_STORM_SECONDS=180 npm test -- test/faults/storm`. Without it every
 * process is killed once, one soon after the other.
 */
const seconds = Number(process.env.PARLEY_STORM_SECONDS ?? 0)
const runs = seconds >= 180 ? 200 : 40
/** Milliseconds in which runs are begun. */
const beginning = seconds > 0 ? seconds * 800 : 12_000
const limit = (seconds + 240) * 1_000
/** How long one thing is waited for: the storm, and some. */
const patience = (seconds + 120) * 1_000

let stage: Stage
beforeAll(async () => {
  stage = await createStage({
    workers: 2,
    apis: 2,
    reply: ({ messages }) => `Written for: ${messages.at(-1)?.content}`,
  })
}, limit)
afterAll(() => stage.close(), limit)

/** Called by each run of the storm. */
const called = { steps: [{ id: 'done', type: 'end', output: { kind: 'called' } }] }

const definition = (calledId: string) => ({
  variables: { rounds: 0 },
  steps: [
    { id: 'topic', type: 'ask', question: 'About what?', answer: { type: 'text' } },
    { id: 'text', type: 'draft', format: 'text', prompt: 'Write about ${topic}' },
    {
      id: 'lines',
      type: 'parallel',
      arms: [
        { name: 'calls', steps: [{ id: 'call', type: 'subworkflow', workflowId: calledId }] },
        {
          name: 'counts',
          steps: [
            {
              id: 'again',
              type: 'repeat',
              until: '${variables.rounds >= 5}',
              max: 9,
              steps: [{ id: 'count', type: 'set', variables: { rounds: '${variables.rounds + 1}' } }],
            },
          ],
        },
      ],
    },
    { id: 'file', type: 'document', format: 'md', name: 'Text', content: '${text}' },
    {
      id: 'out',
      type: 'deliver',
      files: ['${file}'],
      to: ['library', { email: ['someone@parley.example'], subject: '${topic}', body: '${text}' }],
    },
    { id: 'ok', type: 'approval', title: 'Good?', artifact: { text: '${text}' } },
    {
      id: 'done',
      type: 'end',
      output: { text: '${text}', kind: '${call.kind}', rounds: '${variables.rounds}' },
    },
  ],
})

/** Repeats a request with the same key until it is answered, as a good client does. */
async function insist<T>(act: () => Promise<T>): Promise<T> {
  const end = Date.now() + patience
  for (;;) {
    try {
      return await act()
    } catch (error) {
      const { status } = error as { status?: number }
      const isPassing =
        error instanceof HttpProblem && (status === 0 || status === 429 || Number(status) >= 500)
      if (!isPassing || Date.now() > end) throw error
      await pause(200)
    }
  }
}

/** What becomes of a run is waited for as long: a process that is away for a while is no reason to give up. */
const waitFor = async <T>(
  what: string,
  look: (instance: Instance) => T | undefined,
  of: string,
): Promise<T> =>
  until(
    `${what} of ${of}`,
    async () => {
      const instance = await stage.parley.instance(of).catch(() => undefined)
      return instance && look(instance)
    },
    patience,
  )

/** A request of a run. @throws what the run failed with, when it has */
const opened = (stepId: string, of: string) =>
  waitFor(
    stepId,
    ({ requests, finishedAt, error }) => {
      if (finishedAt) throw new Error(`${of} has ended: ${JSON.stringify(error)}`)
      return requests.find((one) => one.stepId === stepId)
    },
    of,
  )

it(
  'a storm of killed processes: nothing accepted is lost, and no mail goes out twice',
  async () => {
    const workflowId = await stage.publish(definition(await stage.publish(called)))
    const random = dice(seed)
    const names = ['worker', 'worker-2', 'api', 'api-2', 'temporal', 'postgres']
    const killed: string[] = []
    const kill = async (name: string) => {
      stage.kill(name)
      killed.push(name)
      await stage.back(name)
    }
    const killing = (async () => {
      const end = Date.now() + seconds * 1_000
      while (Date.now() < end) {
        await pause(5_000 + random() * 10_000)
        await kill(names[Math.floor(random() * names.length)] as string)
      }
      if (seconds > 0) return
      const order = names.map((name) => ({ name, at: random() })).toSorted((a, b) => a.at - b.at)
      for (const { name } of order) {
        await pause(300 + random() * 1_500)
        await kill(name)
      }
    })()

    const journey = async (index: number) => {
      await pause(random() * beginning)
      const parley = stage.clients[index % stage.clients.length] as Stage['parley']
      const topic = `${index} ${randomUUID()}`
      const [start, answer, decision] = [randomUUID(), randomUUID(), randomUUID()]
      const { instanceUuid } = await insist(() => parley.startRun({ workflowId }, { idempotencyKey: start }))
      await opened('topic', instanceUuid)
      await insist(() => parley.answer(instanceUuid, { value: topic }, { idempotencyKey: answer }))
      await opened('ok', instanceUuid)
      await insist(() => parley.decide(instanceUuid, { decision: 'approve' }, { idempotencyKey: decision }))
      const ended = await waitFor(
        'the end',
        (instance) => (instance.finishedAt ? instance : undefined),
        instanceUuid,
      )
      return { topic, ended }
    }
    const [, ...ends] = await Promise.all([
      killing,
      ...Array.from({ length: runs }, (_, index) => journey(index)),
    ])

    const lost = ends.filter(
      ({ ended, topic }) =>
        ended.status !== 'completed' ||
        !isDeepStrictEqual(ended.output, {
          text: `Written for: Write about ${topic}`,
          kind: 'called',
          rounds: 5,
        }),
    )
    const mails = ends.map(({ topic }) => stage.mails.mails.filter(({ subject }) => subject === topic).length)
    const { items } = await stage.parley.instances({ workflowId, limit: 100 })
    const figures = {
      runs,
      seed,
      killed,
      lost: lost.length,
      doubled: mails.filter((count) => count > 1).length,
      unsent: mails.filter((count) => count === 0).length,
    }
    process.stdout.write(`storm: ${JSON.stringify(figures)}\n`)
    expect(lost.map(({ ended }) => ended.error ?? ended.output)).toEqual([])
    expect(figures.doubled).toBe(0)
    expect(items.length).toBe(Math.min(runs, 100))
  },
  limit,
)
