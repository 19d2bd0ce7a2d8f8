import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoggedStep } from '../../client/http.ts'
import { keys, Play } from './play.ts'
import { StubParley } from './stub-parley.ts'

const workflowId = '33333333-3333-4333-8333-333333333333'
const at = '2026-11-20T12:00:00.000Z'

describe('parley', () => {
  const stub = new StubParley()
  let folder = ''
  const home = process.cwd()
  beforeAll(() => stub.start())
  afterAll(() => stub.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-cli-'))
    process.chdir(folder)
    stub.runs.clear()
    stub.received.length = 0
    stub.workflows = [
      {
        workflowId,
        name: 'Sales package',
        story: async (run) => {
          await run.ask('topic', 'The topic?', { type: 'text' })
          await run.ask('count', 'How many?', { type: 'number' })
          const face = { path: 'text', stepId: 'text', title: 'The text', type: 'draft' }
          const around = { path: 'way', stepId: 'way', title: 'The way', type: 'branch' }
          const error = { code: 'ProviderRefused', message: 'The key is wrong.' }
          const outer = { ...error, message: `Step “The text” (text): ${error.message}` }
          run.tell({ event: 'stepFailed', ...face, status: 'failed', error })
          run.tell({ event: 'stepFailed', ...around, status: 'failed', error: outer })
          run.finish('failed', outer)
        },
      },
    ]
    stub.retryStory = async (run) => run.say('At last.')
    stub.effects = []
  })
  afterEach(() => {
    process.chdir(home)
    rmSync(folder, { recursive: true, force: true })
  })

  const parley = async (...args: string[]) => {
    const play = new Play(['--url', stub.url, ...args])
    return { exitCode: await play.done, output: play.output, lines: play.lines }
  }
  const onTerminal = (...args: string[]) => new Play(['--url', stub.url, ...args], { onTerminal: true })
  const failed = async () => {
    const { exitCode, output } = await parley(
      'run',
      'sales',
      '--answer',
      'topic=boats',
      '--answer',
      'count=3',
    )
    const [run] = stub.runs.values()
    if (!run) throw new Error('no run was started')
    return { exitCode, output, run, id: run.instanceUuid.slice(0, 8) }
  }

  test('F014 a failure is told once, with how the run goes on from there', async () => {
    const { exitCode, output, id } = await failed()
    expect(exitCode).toBe(1)
    expect(output.match(/The key is wrong/g)).toHaveLength(1)
    expect(output).toContain('✘ The run failed: Step “The text” (text): The key is wrong.')
    expect(output).toMatch(new RegExp(`Let it go on from there: .*retry ${id}`))
  })

  test('a failure that the run goes on in spite of is told when it does', async () => {
    stub.workflows = [
      {
        workflowId,
        name: 'Sales package',
        story: async (run) => {
          const face = { path: 'text', stepId: 'text', title: 'The text', type: 'draft' }
          const error = { code: 'ProviderRefused', message: 'The key is wrong.' }
          run.tell({ event: 'stepFailed', ...face, status: 'failed', error })
          run.say('Without the text, then.')
        },
      },
    ]
    const { output } = await parley('run', 'sales')
    expect(output.indexOf('The text failed: The key is wrong.')).toBeGreaterThan(-1)
    expect(output.indexOf('The text failed')).toBeLessThan(output.indexOf('Without the text'))
  })

  test('F014 retry lets a failed run go on; on a terminal it is followed to its end', async () => {
    const { id } = await failed()
    const play = onTerminal('retry', id)
    await play.sees('It goes on from the step that failed.')
    await play.sees('At last.')
    await play.sees('✔ Done.')
    expect(await play.done).toBe(0)
    expect(play.output.match(/The key is wrong/g)).toHaveLength(1)
  })

  test('F014 a run that fails once more says so once more', async () => {
    const { id } = await failed()
    stub.retryStory = async (run) => {
      const error = { code: 'ProviderRefused', message: 'The key is wrong.' }
      run.finish('failed', error)
    }
    const play = onTerminal('retry', id)
    expect(await play.done).toBe(1)
    expect(play.output).toContain('✘ The run failed: The key is wrong.')
  })

  test('F014 retry for scripts says how to follow, and a run that was retried can be watched from its beginning', async () => {
    const { id, run } = await failed()
    const { exitCode, lines } = await parley('--json', 'retry', id)
    expect([exitCode, lines]).toEqual([0, [{ instanceUuid: run.instanceUuid, status: 'running' }]])
    const watched = await parley('watch', id)
    expect(watched).toMatchObject({ exitCode: 0, output: expect.stringContaining('✔ Done.') })
  })

  test('B09 rewind lists what was answered, asks anew until it fits, and tells what was done outside', async () => {
    const { id } = await failed()
    stub.effects = [
      { path: 'sent', kind: 'mail', state: 'done', at },
      { path: 'told', kind: 'tool', state: 'handedOver', at },
    ]
    stub.workflows[0] = {
      workflowId,
      name: 'Sales package',
      story: async (run) => run.say('From there.'),
    }
    const play = onTerminal('rewind', id)
    await play.sees('1. The topic?')
    await play.sees('2. How many?')
    await play.press(keys.down, keys.enter)
    await play.sees('How many?')
    await play.press('many', keys.enter)
    await play.sees('number')
    await play.press(keys.clear, '12k', keys.enter)
    await play.sees('Done by the earlier run since then. It is not undone')
    await play.sees('mail  sent')
    await play.sees('it is not known whether it arrived')
    await play.sees('From there.')
    expect(await play.done).toBe(0)
  })

  test('B09 rewind for scripts takes the question by number or id and the answer in words', async () => {
    const { id } = await failed()
    const [, count] = stub.runs.values().next().value?.asked() ?? []
    const unsaid = await parley('rewind', id)
    expect(unsaid).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining('1. The topic? 2. How many?'),
    })
    expect(await parley('rewind', id, '--request', '3', '--answer', '4')).toMatchObject({ exitCode: 2 })
    expect(await parley('rewind', id, '--request', '2')).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining('--answer'),
    })
    expect(await parley('rewind', id, '--request', '2', '--answer', 'many')).toMatchObject({ exitCode: 1 })
    const byId = String(count?.requestId).slice(0, 8)
    const { exitCode, lines } = await parley('--json', 'rewind', id, '--request', byId, '--answer', '4')
    expect(exitCode).toBe(0)
    expect(lines).toMatchObject([{ rewoundFrom: expect.any(String), effects: [] }])
    const [sent] = stub.calls('/rewind').slice(-1)
    expect(JSON.parse(String(sent?.body))).toEqual({ requestId: count?.requestId, value: '4' })
  })

  const step = (path: string, more: Partial<LoggedStep> = {}): LoggedStep => ({
    stepId: path.split('.').at(-1) ?? path,
    path,
    title: `Title of ${path}`,
    type: 'draft',
    status: 'completed',
    startedAt: at,
    finishedAt: '2026-11-20T12:00:03.000Z',
    attempts: 1,
    input: null,
    output: null,
    logs: [],
    modelCalls: [],
    toolCalls: [],
    error: null,
    childInstanceUuid: null,
    ...more,
  })
  const call = {
    prompt: { system: 'You write.', user: 'Write on boats.' },
    response: { text: 'About boats.' },
    model: 'm-1',
    tokens: { in: 120, out: 30 },
    cost: 0.0021,
    currency: 'EUR',
    startedAt: at,
    finishedAt: at,
    durationMs: 1_500,
  }
  const logged = [
    step('topic', { type: 'ask' }),
    step('rounds', {
      type: 'repeat',
      status: 'failed',
      error: { code: 'ProviderRefused', message: 'Step “Text” (text): The key is wrong.' },
    }),
    step('rounds[0].text', { modelCalls: [call], attempts: 2 }),
    step('rounds[1].text', {
      modelCalls: [call],
      status: 'failed',
      error: { code: 'ProviderRefused', message: 'The key is wrong.' },
    }),
  ]
  const totals = {
    modelCalls: 2,
    toolCalls: 1,
    tokens: { in: 240, out: 60 },
    costs: [{ currency: 'EUR', cost: 0.0042 }],
    unpricedCalls: 0,
    time: { total: 130_000, waitingForPeople: 118_000, waitingForTime: 0, working: 12_000 },
  }
  /** Two steps a page. */
  const logOf = ({ searchParams }: URL) => {
    const path = searchParams.get('path')
    const from = Number(searchParams.get('cursor') ?? 0)
    const found = path === null ? logged.slice(from, from + 2) : logged.filter((one) => one.path === path)
    return {
      totals,
      steps: found,
      nextCursor: path === null && from + 2 < logged.length ? `${from + 2}` : null,
    }
  }

  test('log shows every step with time, tokens, cost and error, and the totals', async () => {
    stub.logOf = logOf
    const { id } = await failed()
    const { exitCode, output } = await parley('log', id)
    expect(exitCode).toBe(0)
    expect(output).toContain('for 2 min 10 s: worked 12 s, waited 1 min 58 s for people')
    expect(output).toContain('2 model calls, 240 → 60 tokens, 0.0042 EUR, 1 tool calls')
    expect(output).toMatch(
      /rounds\[0\]\.text {2}completed \(2 attempts\) {2}3\.0 s {2}120 → 30 tokens {2}0\.0021 EUR/,
    )
    expect(output.match(/^ {2}✘ ProviderRefused: .*The key is wrong\./gm)).toEqual([
      '  ✘ ProviderRefused: The key is wrong.',
    ])
    const { lines } = await parley('--json', 'log', id)
    expect(lines).toMatchObject([{ steps: logged.map(({ path }) => ({ path })), nextCursor: null }])
  })

  test('log --step shows the words that were sent and answered, and asks which round is meant', async () => {
    stub.logOf = logOf
    const { id } = await failed()
    const { output } = await parley('log', id, '--step', 'rounds[0].text')
    expect(output).toContain('Model call 1: m-1, 120 → 30 tokens, 0.0021 EUR, 1.5 s')
    for (const words of ['You write.', 'Write on boats.', 'About boats.']) expect(output).toContain(words)
    expect(await parley('log', id, '--step', 'text')).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining('ran 2 times: say which: rounds[0].text, rounds[1].text'),
    })
    expect((await parley('log', id, '--step', 'nonsense')).output).toContain(
      'It has done: topic, rounds, rounds[0].text',
    )
    expect((await parley('log', id, '--step', 'topic')).output).toContain('Title of topic  ask  completed')
  })

  test('F014 export saves the record whole or not at all', async () => {
    const { id } = await failed()
    stub.exported = '{"type":"run"}\n{"type":"end","lines":1}\n'
    expect(await parley('export', id)).toMatchObject({ exitCode: 0, output: `1 lines: run-${id}.jsonl\n` })
    expect(readFileSync(`run-${id}.jsonl`, 'utf8')).toBe(stub.exported)
    expect((await parley('export', id, '-')).output).toBe(stub.exported)
    stub.exported = '{"type":"run"}\n{"type":"ev'
    expect(await parley('export', id, 'broken.jsonl')).toMatchObject({
      exitCode: 1,
      output: 'The export broke off. Nothing was saved: try again.\n',
    })
    expect([existsSync('broken.jsonl'), existsSync('broken.jsonl.part')]).toEqual([false, false])
    expect(await parley('export', id, join(folder, 'no', 'where'))).toMatchObject({ exitCode: 2 })
  })

  test('F014 open says where a run is found and what can be done with it, and does it from a menu', async () => {
    const { id, run } = await failed()
    const { output } = await parley('open', id)
    expect(output).toContain(`Link         ${stub.url}/runs/${run.instanceUuid}`)
    expect(output).toContain('Temporal UI  none is configured')
    for (const command of ['retry', 'rewind', 'log', 'export'])
      expect(output).toMatch(new RegExp(`${command} ${id}`))
    expect(output).not.toMatch(new RegExp(`cancel ${id}`))
    const { lines } = await parley('--json', 'open', id)
    expect(lines).toMatchObject([{ actions: ['retry', 'rewind', 'export'] }])
    const play = onTerminal('open', id)
    await play.sees('What would you like to do?')
    await play.press(keys.enter)
    await play.sees('At last.')
    expect(await play.done).toBe(0)
  })

  test('several open questions are asked one after the other, each for its own', async () => {
    const answers: unknown[] = []
    stub.workflows[0] = {
      workflowId,
      name: 'Sales package',
      story: async (run) => {
        const both = ['left', 'right'].map((side) => run.ask('side', `The ${side} one?`, { type: 'text' }))
        answers.push(...(await Promise.all(both)))
      },
    }
    const play = onTerminal('run', 'sales')
    await play.sees('The left one?')
    await play.press('port', keys.enter)
    await play.sees('The right one?')
    await play.press('starboard', keys.enter)
    await play.sees('✔ Done.')
    expect(await play.done).toBe(0)
    expect(answers).toEqual(['port', 'starboard'])
    expect(play.output).toContain('2 questions are open')
    // What was typed here is not told a second time.
    expect(play.output).not.toContain('› starboard')
  })
})
