import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keys, Play } from './play.ts'
import { StubParley } from './stub-parley.ts'
import type { Story } from './stub-run.ts'

const workflowId = '33333333-3333-4333-8333-333333333333'

describe('parley run', () => {
  const stub = new StubParley()
  let folder = ''
  beforeAll(() => stub.start())
  afterAll(() => stub.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-cli-'))
    stub.runs.clear()
    stub.received.length = 0
    stub.mails = []
    stub.me = { userId: 'anna', name: 'Anna', roles: ['member', 'approver'] }
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const play = (story: Story, args: string[], { onTerminal = true } = {}) => {
    stub.workflows = [{ workflowId, name: 'Sales package', story }]
    return new Play(['--url', stub.url, 'run', 'sales', '--out', join(folder, 'out'), ...args], {
      onTerminal,
    })
  }

  test('F005: an answer in words goes to the server, its reason is shown, and the question stays until it fits', async () => {
    let seats: unknown
    const run = play(async (told) => {
      seats = await told.ask('seats', 'How many seats?', { type: 'number', integer: true })
    }, [])
    await run.sees('How many seats?')
    await run.press('lots', keys.enter)
    await run.sees('“lots” is not a number')
    await run.sees('How many seats?')
    await run.press(keys.clear, '12k', keys.enter)
    await run.sees('Understood: 12,000')
    expect(await run.done).toBe(0)
    expect(seats).toBe(12_000)
  })

  test('F006: a missing file is asked for again, a quoted path is taken, and an empty line ends the list', async () => {
    const notes = join(folder, 'my notes.md')
    writeFileSync(notes, 'Call with Northwind')
    let files: unknown
    const run = play(async (told) => {
      files = await told.ask('notes', 'The notes, please.', { type: 'file', accept: ['.md'], maxFiles: 3 })
    }, [])
    await run.sees('The notes, please.')
    await run.press(join(folder, 'none.md'), keys.enter)
    await run.sees('There is no file')
    await run.press(keys.clear, `'${notes}'`, keys.enter)
    await run.sees('Another file?')
    await run.press(keys.enter)
    expect(await run.done).toBe(0)
    expect(files).toMatchObject([{ name: 'my notes.md' }])
    expect([...stub.files.values()].at(-1)?.bytes.toString()).toBe('Call with Northwind')
  })

  test('F006: a file that cannot be read after all is asked for again, with the reason', async () => {
    const notes = join(folder, 'notes.md')
    writeFileSync(notes, 'x')
    const run = play(async (told) => {
      await told.ask('notes', 'The notes, please.', { type: 'file' })
      await told.askAgain('notes.md is empty.')
    }, [])
    await run.sees('The notes, please.')
    await run.press(notes, keys.enter)
    await run.sees('notes.md is empty.')
    await run.sees('The notes, please.')
    await run.press(notes, keys.enter)
    expect(await run.done).toBe(0)
  })

  test('F007: one picks from a list, several from a list with marks, or says something else', async () => {
    const given: unknown[] = []
    const options = [
      { value: 'warm', label: 'Warm' },
      { value: 'formal', label: 'Formal' },
    ]
    const run = play(async (told) => {
      given.push(await told.ask('tone', 'Which tone?', { type: 'choice', options, strict: true }))
      given.push(
        await told.ask('parts', 'Which parts?', { type: 'choice', options, multiple: true, strict: true }),
      )
      given.push(await told.ask('more', 'Anything else?', { type: 'choice', options }))
    }, [])
    await run.sees('Which tone?')
    await run.press(keys.down, keys.enter)
    await run.sees('Which parts?')
    await run.press(keys.space, keys.down, keys.space, keys.enter)
    await run.sees('Anything else?')
    await run.press(keys.down, keys.down, keys.enter)
    await run.sees('What then?')
    await run.press('Playful', keys.enter)
    expect(await run.done).toBe(0)
    expect(given.map(String)).toEqual(['formal', 'warm,formal', 'Playful'])
  })

  test('F008: an approval shows the text and where it came from, and takes changes with a comment, then the approval', async () => {
    const replies: unknown[] = []
    const run = play(async (told) => {
      replies.push(
        await told.approve('ok', 'Send it?', '# Proposal\n\nOur **offer**', { label: 'Demo model' }),
      )
      replies.push(await told.approve('ok', 'Send it now?', 'Better'))
    }, [])
    await run.sees('Our offer')
    await run.sees('— Demo model')
    await run.sees('Send it?')
    await run.press(keys.down, keys.down, keys.enter)
    await run.sees('What should change?')
    await run.press('Shorter', keys.enter)
    await run.sees('Changes requested by Anna: Shorter')
    await run.sees('Send it now?')
    await run.press(keys.enter)
    expect(await run.done).toBe(0)
    expect(replies).toMatchObject([{ decision: 'changes', comment: 'Shorter' }, { decision: 'approve' }])
  })

  test('F008: when somebody else must approve, it says who, waits, and goes on once they did', async () => {
    const run = play(async (told) => {
      await told.approve('ok', 'Send it?', 'Text', { approvers: { users: ['ben'], role: 'admin' } })
    }, [])
    await run.sees('Waiting for ben or anyone with the role admin')
    const [one] = stub.runs.values()
    const requestId = one?.view().requests[0]?.requestId ?? ''
    one?.reply(requestId, { decision: 'reject', comment: 'No', by: { userId: 'ben', name: 'Ben' } })
    await run.sees('Rejected by Ben: No')
    expect(await run.done).toBe(0)
  })

  test('F008: a question that is settled elsewhere leaves the screen', async () => {
    const run = play(async (told) => {
      await told.ask('topic', 'The topic?', { type: 'text' })
      told.say('On we go.')
    }, [])
    await run.sees('The topic?')
    const [one] = stub.runs.values()
    one?.reply(one.view().requests[0]?.requestId ?? '', {
      value: 'Boats',
      by: { userId: 'ben', name: 'Ben' },
    })
    await run.sees('› Boats')
    await run.sees('On we go.')
    expect(await run.done).toBe(0)
  })

  test('F012: Ctrl-C offers to leave the run in the background, and says how to come back', async () => {
    const run = play(async (told) => {
      await told.ask('topic', 'The topic?', { type: 'text' })
    }, [])
    await run.sees('The topic?')
    await run.press(keys.ctrlC)
    await run.sees('Leave it running in the background')
    await run.press(keys.enter)
    const [one] = stub.runs.values()
    await run.sees(`Come back with: parley watch ${one?.instanceUuid.slice(0, 8)}`)
    expect(await run.done).toBe(0)
    expect(one?.isOver).toBe(false)

    const back = new Play(
      ['--url', stub.url, 'watch', one?.instanceUuid.slice(0, 8) ?? '', '--out', folder],
      { onTerminal: true },
    )
    await back.sees('The topic?')
    await back.press('Boats', keys.enter)
    expect(await back.done).toBe(0)
  })

  test('F012: an API that restarts in the middle costs neither the conversation nor an answer', async () => {
    let topic: unknown
    const run = play(async (told) => {
      topic = await told.ask('topic', 'The topic?', { type: 'text' })
      told.say('Thank you.')
    }, [])
    await run.sees('The topic?')
    await stub.stop()
    await run.press('Boats', keys.enter)
    await run.sees('Connection lost')
    await sleep(200)
    await stub.start()
    await run.sees('Thank you.')
    expect(await run.done).toBe(0)
    expect(topic).toBe('Boats')
    expect(run.output.split('Thank you.')).toHaveLength(2)
  })

  test('F013: a progress bar with the step stands below, and what is being written flows in it', async () => {
    const run = play(async (told) => {
      told.progress(40, 'Drafting')
      await told.write('Dear Northwind, thank you for the talk.', 60)
      await sleep(200)
    }, [])
    await run.sees('40%  Drafting')
    await run.sees('Dear Northwind, thank you')
    expect(await run.done).toBe(0)
  })

  test('F001: answers given beforehand, the results saved, and every event a line of JSON', async () => {
    const notes = join(folder, 'notes.md')
    const out = join(folder, 'out')
    writeFileSync(notes, 'x')
    writeFileSync(join(folder, 'answers.json'), JSON.stringify({ parts: ['a', 'b'], __proto__: 1 }))
    const given: unknown[] = []
    const story: Story = async (told) => {
      given.push(await told.ask('topic', 'The topic?', { type: 'text' }))
      given.push(await told.ask('notes', 'Notes?', { type: 'file' }))
      const options = ['a', 'b'].map((value) => ({ value, label: value }))
      given.push(await told.ask('parts', 'Parts?', { type: 'choice', multiple: true, options }))
      await told.approve('ok', 'Send it?', 'Text')
      stub.files.set('f1', { name: 'x', bytes: Buffer.from('hello') })
      told.asset('f1', '../Proposal: “North/wind”.docx')
      stub.mails = [mail(told.instanceUuid), mail('another')]
    }
    const options = [
      '--answer',
      'topic=Boats',
      '--answer',
      `notes=@${notes}`,
      '--answers',
      join(folder, 'answers.json'),
      '--approve',
    ]
    const run = play(story, ['--json', ...options], { onTerminal: false })
    expect(await run.done).toBe(0)
    expect(given).toMatchObject(['Boats', [{ name: 'notes.md' }], ['a', 'b']])
    expect(run.lines.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['instanceStarted', 'requestOpened', 'asset']),
    )
    expect(run.lines.at(-1)).toMatchObject({
      event: 'result',
      data: { status: 'completed', saved: [expect.any(String), expect.any(String)] },
    })
    expect(readdirSync(out).sort()).toEqual(['Proposal “North wind”.docx', 'mail Your proposal.txt'])
    expect(readFileSync(join(out, 'mail Your proposal.txt'), 'utf8')).toContain(
      'To: a@b.c\nSubject: Your proposal',
    )
  })

  test('a question without an answer fails a script clearly, with exit code 3', async () => {
    const story: Story = async (told) => {
      await told.ask('topic', 'The topic?', { type: 'text' })
    }
    const run = play(story, ['--json'], { onTerminal: false })
    expect(await run.done).toBe(3)
    expect(run.lines.at(-1)).toMatchObject({ event: 'error', data: { code: 'Unanswered' } })
    expect(run.output).toContain('--answer topic=…')
  })

  test('an answer given beforehand that is refused fails a script with the reason', async () => {
    const story: Story = async (told) => {
      await told.ask('seats', 'How many?', { type: 'number' })
    }
    const run = play(story, ['--json', '--answer', 'seats=lots'], { onTerminal: false })
    expect(await run.done).toBe(3)
    expect(run.output).toContain('The answer given for “seats” was refused: “lots” is not a number')
  })

  test('a run that fails says why and where, and gives exit code 1', async () => {
    const run = play(
      async (told) => {
        told.tell({
          event: 'stepStarted',
          status: 'running',
          path: 'draft',
          stepId: 'draft',
          title: 'Draft',
          type: 'draft',
        })
        await Promise.reject(new Error('The model refused.'))
      },
      [],
      { onTerminal: false },
    )
    expect(await run.done).toBe(1)
    expect(run.output).toContain('The run failed')
    expect(run.output).toContain('The model refused.')
  })

  test('words of others cannot write escape sequences to the terminal', async () => {
    const run = play(async (told) => told.say('Hello \u001b]0;title\u0007\u001b[2Jworld\u202e'), [], {
      onTerminal: false,
    })
    expect(await run.done).toBe(0)
    expect(run.output).toContain('Hello world\n')
  })
})

const mail = (instanceUuid: string) => ({
  mailId: crypto.randomUUID(),
  instanceUuid,
  from: 'parley@localhost',
  to: ['a@b.c'],
  subject: 'Your proposal',
  text: 'Hello',
  attachments: [],
  createdAt: new Date().toISOString(),
})
