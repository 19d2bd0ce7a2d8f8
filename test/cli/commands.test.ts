import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readGivenAnswers } from '../../cli/conversation/given-answers.ts'
import { checkEnvironment } from '../../cli/doctor/check-environment.ts'
import { cleanPath, suggestPaths } from '../../cli/prompts/find-path.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import { Play } from './play.ts'
import { StubParley } from './stub-parley.ts'

const workflowId = '33333333-3333-4333-8333-333333333333'

describe('parley', () => {
  const stub = new StubParley()
  let folder = ''
  beforeAll(() => stub.start())
  afterAll(() => stub.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-cli-'))
    stub.runs.clear()
    stub.workflows = [
      {
        workflowId,
        name: 'Sales package',
        description: 'From notes to an offer',
        story: async (run) => void (await run.ask('topic', 'The topic?', { type: 'text' })),
      },
      {
        workflowId: '33333333-3333-4333-8333-333333333334',
        name: 'Sales report',
        story: async (run) => void (await run.approve('ok', 'Send it?', 'Text')),
      },
    ]
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const parley = async (...args: string[]) => {
    const play = new Play(['--url', stub.url, ...args])
    return { exitCode: await play.done, output: play.output, lines: play.lines }
  }

  test('list shows what can be run, and F013: with --runs how far the runs are', async () => {
    expect((await parley('list')).output).toContain(
      `Sales package\n  From notes to an offer\n  ${workflowId}\n`,
    )
    const { output } = await parley('run', 'package', '--no-wait')
    const id = /parley watch (\w{8})/.exec(output)?.[1] ?? ''
    expect((await parley('list', '--runs')).output).toMatch(
      new RegExp(`^${id}    0%  waiting  [\\d:]+  Sales package`),
    )
  })

  test('a word that fits several workflows names them, and one that fits none names what there is', async () => {
    const several = await parley('run', 'sales')
    expect(several).toMatchObject({ exitCode: 2 })
    expect(several.output).toContain('Several workflows fit “sales”: Sales package (')
    expect((await parley('run', 'invoice')).output).toContain('There are: Sales package, Sales report.')
  })

  test('F005: answer takes words, for a run given by the beginning of its id', async () => {
    await parley('run', 'package', '--no-wait')
    const [run] = stub.runs.values()
    expect(
      await parley('answer', run?.instanceUuid.slice(0, 6) ?? '', 'Boats', 'and', 'harbours'),
    ).toMatchObject({ exitCode: 0, output: 'Answered.\n' })
    expect(run?.isOver).toBe(true)
    expect(await parley('cancel', run?.instanceUuid ?? '')).toMatchObject({
      exitCode: 1,
      output: 'The run has ended.\n',
    })
    expect((await parley('answer', 'ffffffff', 'x')).output).toBe(
      'No run and no turn of a conversation begins with ffffffff: see parley list --runs.\n',
    )
  })

  test('F008, F023: approve decides with a comment, and asks what is meant where nobody can be asked', async () => {
    await parley('run', 'report', '--no-wait')
    const [run] = stub.runs.values()
    const id = run?.instanceUuid.slice(0, 8) ?? ''
    expect(await parley('approve', id)).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining('--yes, --reject or --changes'),
    })
    expect(await parley('approve', id, '--changes')).toMatchObject({ exitCode: 2 })
    expect(await parley('approve', id, '--reject', '--comment', 'Too long')).toMatchObject({
      exitCode: 0,
      output: 'Rejected.\n',
    })
    expect((await parley('approve', id, '--yes')).output).toContain('No approval is open')
  })

  test('mailbox lists mails and shows one', async () => {
    stub.mails = [
      {
        mailId: 'abcdef12-0000-4000-8000-000000000000',
        instanceUuid: null,
        from: 'p@x',
        to: ['a@b.c'],
        subject: 'Offer',
        text: 'Hello',
        attachments: [],
        createdAt: '2026-01-02T10:00:00.000Z',
      },
    ]
    expect((await parley('mailbox')).output).toMatch(/^abcdef12 {2}\S+ {2}a@b.c {2}Offer\n$/)
    expect((await parley('mailbox', 'abc')).output).toContain('Subject: Offer\n')
  })

  test('every failure is one clear line that says what to do, without a stack', async () => {
    stub.failNext((call) => call === 'GET /api/me', {
      status: 401,
      code: 'Unauthorized',
      detail: 'Who are you?',
    })
    expect(await parley('list')).toEqual({
      exitCode: 1,
      lines: [],
      output: 'Who are you? Give an API key with --key, or in PARLEY_API_KEY.\n',
    })
    const down = new Play(['--url', 'http://127.0.0.1:9', 'list'])
    expect(await down.done).toBe(1)
    expect(down.output).toMatch(
      /^Nothing answers at http:\/\/127.0.0.1:9 \(.+\). Start Parley with npm start, or say where it is with --url.\n$/,
    )
    expect(await parley('lits')).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining('(Did you mean list?)'),
    })
    expect(await parley('--json', 'watch', 'zz')).toMatchObject({
      exitCode: 2,
      lines: [{ event: 'error', data: { code: 'Usage' } }],
    })
  })

  test('doctor says what is configured and missing, and fails when something is broken', async () => {
    const well = await parley('doctor')
    expect(well.exitCode).toBe(0)
    expect(well.output).toContain('Anna in Northwind')
    const ill = new Play(['--url', 'http://127.0.0.1:9', '--json', 'doctor'])
    expect(await ill.done).toBe(1)
    expect(JSON.parse(ill.output)).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([expect.objectContaining({ name: 'API', state: 'broken' })]),
    })
  })

  test('doctor explains each wrong variable, takes an unset database for the embedded one, and repeats no password', () => {
    const wrong = checkEnvironment({ SMTP_URL: 'mail.example.com', LOG_LEVEL: 'loud' })
    expect(wrong.map(({ state }) => state)).toEqual(['broken', 'broken'])
    expect(wrong.map(({ detail }) => detail).join()).toContain(
      'SMTP_URL is wrong: expected a URL that begins with smtp://',
    )
    expect(wrong.map(({ detail }) => detail).join()).toContain(
      'LOG_LEVEL is wrong: expected trace, debug, info, warn, error, fatal or silent',
    )
    const right = checkEnvironment({
      SMTP_URL: 'smtps://me:hush@mail.example.com',
      OPENAI_API_KEY: 'sk-hush',
      DATABASE_URL: 'postgres://me:hush@db/parley',
    })
    expect(JSON.stringify(right)).not.toContain('hush')
    expect(right.find(({ name }) => name === 'E-mail')).toMatchObject({
      state: 'ok',
      detail: 'SMTP at mail.example.com',
    })
    expect(checkEnvironment({})[0]?.detail).toContain('embedded')
    const search = (env: Record<string, string>) =>
      checkEnvironment(env).find(({ name }) => name === 'Web search')
    expect(search({})).toMatchObject({ state: 'note', advice: expect.stringContaining('BRAVE_API_KEY') })
    expect(search({ SEARXNG_URL: 'https://search.example.com' })).toMatchObject({
      state: 'ok',
      detail: 'SearXNG at search.example.com',
    })
  })

  test('F006: paths are taken as people give them: quoted, escaped by dragging, with ~, as URLs', () => {
    expect(cleanPath(`'/a b/c.pdf' `)).toBe('/a b/c.pdf')
    expect(cleanPath('/a\\ b/c\\(1\\).pdf')).toBe('/a b/c(1).pdf')
    expect(cleanPath('file:///a%20b.pdf')).toBe('/a b.pdf')
    expect(cleanPath('~/notes.md', '/home/anna')).toBe('/home/anna/notes.md')
  })

  test('F006: what is suggested while typing puts fitting files first, and folders with their slash', () => {
    mkdirSync(join(folder, 'calls'))
    for (const name of ['call.pdf', 'call.txt', '.call', 'other.pdf']) writeFileSync(join(folder, name), '')
    expect(
      suggestPaths(join(folder, 'ca'), ['.pdf']).map(({ value }) => value.slice(folder.length + 1)),
    ).toEqual(['call.pdf', 'calls/', 'call.txt'])
    expect(suggestPaths(join(folder, 'none'))).toMatchObject([{ hint: 'no such file' }])
  })

  test('answers given beforehand: one for each time a question comes, a list where it takes one, @ for files', () => {
    const note = join(folder, 'note.txt')
    writeFileSync(note, 'From a file')
    const given = readGivenAnswers(['topic=first', 'topic=@@second', 'more=a=b', `text=@${note}`, 'unused=1'])
    const ask = (stepId: string, answer: OpenRequest['answer']) =>
      given.take({ stepId, answer } as OpenRequest)
    expect([
      ask('topic', { type: 'text' }),
      ask('topic', { type: 'text' }),
      ask('topic', { type: 'text' }),
    ]).toEqual([{ value: 'first' }, { value: '@second' }, { value: '@second' }])
    expect(ask('more', { type: 'text' })).toEqual({ value: 'a=b' })
    expect(ask('text', { type: 'text' })).toEqual({ value: 'From a file' })
    expect(ask('other', { type: 'text' })).toBeUndefined()
    expect(given.unused).toEqual(['unused'])
    expect(() => readGivenAnswers(['x=@/nowhere/at/all'])).toThrow('There is no file /nowhere/at/all')
    expect(() => readGivenAnswers(['nonsense'])).toThrow('key=value')
  })
})
