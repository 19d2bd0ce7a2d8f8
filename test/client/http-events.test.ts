import { setTimeout as sleep } from 'node:timers/promises'
import { connectHttp, HttpProblem, type RunEvent } from '../../client/http.ts'
import { StubParley } from '../cli/stub-parley.ts'
import type { Story } from '../cli/stub-run.ts'

const workflowId = '33333333-3333-4333-8333-333333333333'

describe('client/http events', () => {
  const stub = new StubParley()
  beforeAll(() => stub.start())
  afterAll(() => stub.stop())
  beforeEach(() => {
    stub.runs.clear()
    stub.received.length = 0
  })

  const start = async (story: Story) => {
    stub.workflows = [{ workflowId, name: 'Sales package', story }]
    const parley = connectHttp({ baseUrl: stub.url })
    const { instanceUuid } = await parley.startRun({ workflowId })
    const run = stub.runs.get(instanceUuid)
    if (!run) throw new Error('the run was not started')
    return { parley, instanceUuid, run }
  }

  test('F012: 60 drops in the middle of events leave no gap and no double', async () => {
    const { parley, instanceUuid } = await start(async (told) => {
      for (let number = 1; number <= 240; number++) {
        told.say(`Message ${number}`)
        if (number % 4 === 0) {
          while (told.streamCount === 0) await sleep(1)
          told.dropStreams()
        }
      }
    })
    const texts: string[] = []
    for await (const { event, data } of parley.events(instanceUuid)) {
      if (event === 'message') texts.push(data.text)
      if (event === 'instanceFinished') break
    }
    expect(texts).toEqual(Array.from({ length: 240 }, (_, index) => `Message ${index + 1}`))
    const streams = stub.calls('/stream')
    expect(streams.length).toBeGreaterThanOrEqual(60)
    expect(streams[0]?.headers).not.toHaveProperty('last-event-id')
    expect(Number(streams.at(-1)?.headers['last-event-id'])).toBeGreaterThan(1)
  }, 60_000)

  test('a restart of the server is waited for, and told once when it is lost and once when it is back', async () => {
    const told: string[] = []
    const events: RunEvent['event'][] = []
    const { parley, instanceUuid, run } = await start(
      async (one) => void (await one.ask('topic', 'The topic?', { type: 'text' })),
    )
    const reading = (async () => {
      const onLost = () => told.push('lost')
      const onBack = () => told.push('back')
      for await (const { event } of parley.events(instanceUuid, { onLost, onBack })) {
        events.push(event)
        if (event === 'instanceFinished') break
      }
    })()
    while (events.length < 2) await sleep(5)
    await stub.stop()
    await sleep(300)
    await stub.start()
    run.reply(run.view().requests[0]?.requestId ?? '', {
      value: 'Boats',
      by: { userId: 'anna', name: 'Anna' },
    })
    await reading
    expect(told).toEqual(['lost', 'back'])
    expect(events).toEqual([
      'instanceStarted',
      'requestOpened',
      'message',
      'requestClosed',
      'instanceFinished',
    ])
  })

  test('reading behind a known event gives only what follows', async () => {
    const { parley, instanceUuid } = await start(async (told) => {
      told.say('One')
      told.say('Two')
    })
    await parley.result(instanceUuid)
    const ids: (string | undefined)[] = []
    for await (const { id, event } of parley.events(instanceUuid, { after: 2 })) {
      ids.push(id)
      if (event === 'instanceFinished') break
    }
    expect(ids).toEqual(['3', '4'])
  })

  test('texts that are being written are passed on without an id', async () => {
    const { parley, instanceUuid } = await start((told) => told.write('Dear Northwind, thank you.', 5))
    let text = ''
    for await (const { id, event, data } of parley.events(instanceUuid)) {
      if (event === 'messageDelta') {
        expect(id).toBeUndefined()
        text = text.slice(0, data.offset) + data.text
      }
      if (event === 'instanceFinished') break
    }
    expect(text).toBe('Dear Northwind, thank you.')
  })

  test('aborting ends the reading without an error and closes the connection', async () => {
    const { parley, instanceUuid, run } = await start(
      async (told) => void (await told.ask('topic', 'The topic?', { type: 'text' })),
    )
    const stop = new AbortController()
    const seen: string[] = []
    for await (const { event } of parley.events(instanceUuid, { signal: stop.signal })) {
      seen.push(event)
      if (event === 'requestOpened') stop.abort()
    }
    expect(seen).toEqual(['instanceStarted', 'requestOpened'])
    while (run.streamCount > 0) await sleep(5)
  })

  test('a connection that falls silent is taken for dead, and made anew', async () => {
    const { parley, instanceUuid, run } = await start(
      async (told) => void (await told.ask('topic', 'The topic?', { type: 'text' })),
    )
    setTimeout(() => run.finish('cancelled'), 400)
    for await (const { event } of parley.events(instanceUuid, { silence: 100 }))
      if (event === 'instanceFinished') break
    expect(stub.calls('/stream').length).toBeGreaterThan(1)
  })

  test('a run that is not there is a problem at once, and not asked for for ever', async () => {
    const { parley } = await start(async () => {})
    const reading = async () => {
      for await (const _ of parley.events(crypto.randomUUID())) break
    }
    await expect(reading()).rejects.toBeInstanceOf(HttpProblem)
  })

  test('the result is waited for through drops, and a wait can be given up', async () => {
    const { parley, instanceUuid, run } = await start(async (told) => {
      told.progress(50, 'Half')
      await sleep(100)
      told.dropStreams()
      await sleep(100)
    })
    await expect(parley.result(instanceUuid)).resolves.toMatchObject({ status: 'completed', progress: 100 })
    expect(run.isOver).toBe(true)
    const { parley: again, instanceUuid: waiting } = await start(
      async (told) => void (await told.ask('a', 'A?', { type: 'text' })),
    )
    await expect(again.result(waiting, { signal: AbortSignal.timeout(100) })).rejects.toThrow()
  })
})
