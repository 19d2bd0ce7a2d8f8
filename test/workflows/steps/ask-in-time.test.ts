import { and, eq } from 'drizzle-orm'
import { checkDefinition } from '../../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../../shared/contract/definition.ts'
import { notices, requests } from '../../../storage/sql/schema.ts'
import { refusal } from '../../harness/refusal.ts'
import { until } from '../../harness/until.ts'
import { ana, boss, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const ask = (id: string, more: object = {}) => ({
  id,
  type: 'ask',
  question: `${id}?`,
  answer: { type: 'text' },
  ...more,
})
const remind = { after: 'PT1S', text: 'Still there, ${input.who}?' }
const expire = (...steps: object[]) => ({ after: 'PT1S', steps })
const say = (id: string, text: string) => ({ id, type: 'message', text })
const end = (output: string) => ({ id: 'done', type: 'end', output })

const noticesOf = (run: string) =>
  world.db
    .select()
    .from(notices)
    .where(and(eq(notices.instanceUuid, run), eq(notices.workspaceId, world.workspaceId)))
const texts = async (run: string) => (await world.events(run, 'message')).map(({ text }) => text)

describe('B11 a question', () => {
  it('reminds once, in the conversation and in the inbox of whoever it waits for', async () => {
    const run = await world.begin(
      { steps: [ask('q', { remind, expire: { after: 'PT3S', steps: [] } }), end('${q.orValue("none")}')] },
      { input: { who: 'Ana' } },
    )
    const request = await world.request(run)
    const [notice] = await until('the reminder', async () => {
      const found = await noticesOf(run)
      return found.length > 0 && found
    })
    expect(notice).toMatchObject({ userId: 'ana', kind: 'reminder', text: 'Still there, Ana?', readAt: null })
    expect((await world.request(run)).requestId).toBe(request.requestId)
    await world.ended(run)
    expect(await texts(run)).toEqual(['Still there, Ana?'])
    expect((await world.events(run, 'message'))[0]).toMatchObject({ role: 'assistant', stepId: 'q' })
    expect(await world.events(run, 'requestReminded')).toHaveLength(1)
    expect(await noticesOf(run)).toEqual([expect.objectContaining({ readAt: expect.any(Date) })])
  })

  it('that was answered in time reminds nobody, and does not expire', async () => {
    const run = await world.begin(
      {
        steps: [
          ask('q', { remind, expire: expire(say('late', 'Too late.')) }),
          { id: 'pause', type: 'wait', for: 'PT2S' },
          end('${q.orValue("none")}'),
        ],
      },
      { input: { who: 'Ana' } },
    )
    await world.request(run)
    await world.runs.answer(run, { value: 'here', by: ana })
    expect((await world.ended(run)).view.output).toBe('here')
    expect([await texts(run), await noticesOf(run)]).toEqual([['here'], []])
  })

  it('says until when it waits, then takes its own steps, and gives nothing; an answer comes too late', async () => {
    const run = await world.begin({
      steps: [
        ask('q', { expire: expire(say('late', 'Nobody was there.'), ask('next')) }),
        end('${q.orValue("none")}'),
      ],
    })
    const { requestId, deadline, openedAt } = await world.request(run, 'q')
    expect(Date.parse(deadline ?? '') - Date.parse(openedAt)).toBeGreaterThan(900)
    expect(Date.parse(deadline ?? '') - Date.parse(openedAt)).toBeLessThan(1_100)
    await world.request(run, 'next')
    expect(await refusal(world.runs.answer(run, { requestId, value: 'x', by: ana }))).toMatchObject({
      code: 'NotOpen',
    })
    await world.runs.answer(run, { value: 'y', by: ana })
    expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: 'none', requests: [] })
    expect(await texts(run)).toEqual(['Nobody was there.', 'y'])
    expect((await world.events(run, 'requestClosed'))[0]).toEqual(
      expect.not.objectContaining({ by: expect.anything() }),
    )
    const [row] = await world.db.select().from(requests).where(eq(requests.requestId, requestId))
    expect(row).toMatchObject({ outcome: 'expired', closedBy: null })
    expect(await world.events(run, 'stepFailed')).toEqual([])
  })

  it('keeps its deadline when it is asked again; attempts used up before it are `onError`, not `expire`', async () => {
    const number = {
      answer: { type: 'number' },
      attempts: 2,
      onError: { steps: [say('sorry', '${error.code}')] },
    }
    const begin = () =>
      world.begin({
        steps: [ask('q', { ...number, expire: { after: 'PT2S', steps: [say('late', 'Late.')] } })],
      })
    const miss = (run: string) => world.signal(run, 'answer', { value: 'soon', by: ana })
    const [late, used] = [await begin(), await begin()]
    const { deadline } = await world.request(late)
    await miss(late)
    await until('the question again', async () => (await world.request(late)).reason)
    expect((await world.request(late)).deadline).toBe(deadline)
    await world.request(used)
    await miss(used)
    await miss(used)
    await Promise.all([world.ended(late), world.ended(used)])
    expect([await texts(late), await texts(used)]).toEqual([['Late.'], ['AttemptsUsedUp']])
  })

  it('is reminded of and expires on time though another worker took over', async () => {
    const run = await world.begin(
      { steps: [ask('q', { remind, expire: { after: 'PT8S', steps: [say('late', 'Late.')] } })] },
      { input: { who: 'Ana' } },
    )
    const { deadline } = await world.request(run)
    await world.restartWorker()
    await until('the reminder', async () => (await texts(run)).length > 0)
    await world.restartWorker()
    const { finishedAt } = await world.ended(run)
    expect(await texts(run)).toEqual(['Still there, Ana?', 'Late.'])
    expect(finishedAt?.getTime()).toBeGreaterThanOrEqual(Date.parse(deadline ?? ''))
  })

  it('is cancelled while it waits, and reminds nobody of it any more', async () => {
    const run = await world.begin(
      { steps: [ask('q', { remind: { ...remind, after: 'PT1H' }, expire: { after: 'PT2H', steps: [] } })] },
      { input: { who: 'Ana' } },
    )
    await world.request(run)
    await world.runs.cancel(run)
    expect((await world.ended(run)).view).toMatchObject({ status: 'cancelled', requests: [] })
    expect(await noticesOf(run)).toEqual([])
  })

  it('of several side by side expires by itself', async () => {
    const run = await world.begin(
      {
        steps: [
          {
            id: 'all',
            type: 'each',
            in: '${input.people}',
            parallel: 2,
            steps: [
              ask('q', {
                question: '${item}?',
                expire: { after: 'PT2S', steps: [say('late', '${item} is late.')] },
              }),
              { id: 'kept', type: 'set', variables: { x: 1 } },
            ],
          },
          end('done'),
        ],
      },
      { input: { people: ['Ana', 'Bo'] } },
    )
    const open = await until('both questions', async () => {
      const { requests: found } = await world.runs.state(run)
      return found.length === 2 && found
    })
    const anas = open.find(({ question }) => question === 'Ana?')
    await world.runs.answer(run, { requestId: anas?.requestId ?? '', value: 'here', by: boss })
    expect((await world.ended(run)).status).toBe('completed')
    expect((await texts(run)).sort()).toEqual(['Bo is late.', 'here'])
    expect((await world.events(run, 'requestClosed')).map(({ outcome }) => outcome)).toEqual([
      'answered',
      'expired',
    ])
  })
})

it('B11 what a question may not give is refused at publish where it is named without a guard', () => {
  const errorsOf = (...steps: object[]) => {
    const parsed = parseDefinition({ type: 'output_focused', name: 'W', steps })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    return checkDefinition(parsed.definition).errors.map(({ path, message }) => `${path}: ${message}`)
  }
  expect(errorsOf(ask('q', { expire: expire() }), end('${q}'))).toEqual([
    expect.stringContaining('the result of "q" is not sure to exist here'),
  ])
  expect(errorsOf(ask('q', { expire: expire() }), end('${q.orValue("")}'))).toEqual([])
  expect(errorsOf(ask('q', { expire: expire({ id: 'stop', type: 'end' }) }), end('${q}'))).toEqual([])
})
