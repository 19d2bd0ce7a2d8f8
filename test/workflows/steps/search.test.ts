import type { ServerResponse } from 'node:http'
import { and, eq } from 'drizzle-orm'
import { createGuardedFetch } from '../../../activities/providers/outbound/guarded-fetch.ts'
import { missingSearch } from '../../../activities/providers/search/missing.ts'
import type { WebSearch } from '../../../activities/providers/search/port.ts'
import { createSearxngSearch } from '../../../activities/providers/search/searxng.ts'
import { bytesOf, largestPayload } from '../../../shared/temporal/payload-size.ts'
import { calls, steps } from '../../../storage/sql/schema.ts'
import { withFaults } from '../../harness/faulty-writes.ts'
import { until } from '../../harness/until.ts'
import { type Received, sendJson, startWebServer, type WebServer } from '../../harness/web-server.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World
/** A SearXNG on this machine, and the web it finds. */
let web: WebServer
let engine: (response: ServerResponse, number: number) => void
let pages: Record<string, (response: ServerResponse) => void>

/** What the worker searches with: most tests use the server above. */
let search: WebSearch
/** Asked before each write of the worker: may throw in its place. */
let beforeWrite: (() => void) | undefined

beforeAll(async () => {
  web = await startWebServer(({ path }, response) => {
    if (path.startsWith('/search?')) engine(response, Number(path.at(-1)))
    else if (pages[path]) pages[path](response)
    else response.writeHead(404).end()
  })
  world = await createWorld((deps) => ({
    ...deps,
    db: withFaults(deps.db, () => beforeWrite?.()),
    search: {
      get provider() {
        return search.provider
      },
      search: (wanted, call) => search.search(wanted, call),
    },
    outbound: createGuardedFetch({ allow: [`127.0.0.1:${web.port}`] }),
  }))
})
beforeEach(() => {
  web.received.length = 0
  beforeWrite = undefined
  search = createSearxngSearch({ url: web.url })
})
afterEach(() => world.replay())
afterAll(async () => {
  await world.close()
  await web.close()
})

/** All there is stands on the first page of its results. */
const finds = (...paths: string[]) => {
  engine = (response, number) =>
    sendJson(
      response,
      number > 1
        ? { results: [] }
        : {
            results: paths.map((path) => ({
              title: `Page ${path}`,
              url: `${web.url}${path}`,
              content: `About ${path}`,
            })),
          },
    )
}
const hit = (path: string) => ({ title: `Page ${path}`, url: `${web.url}${path}`, snippet: `About ${path}` })
const page = (words: string) => (response: ServerResponse) =>
  void response
    .writeHead(200, { 'content-type': 'text/html' })
    .end(`<html><body><p>${words}</p></body></html>`)
const asked = (): string[] => web.received.map(({ path }: Received) => path)

const begin = (more: Record<string, unknown>, input = 'ferries') =>
  world.begin(
    {
      steps: [
        { id: 'found', type: 'search', query: '${input}', ...more },
        { id: 'done', type: 'end', output: more.onError ? 'went on' : '${found}' },
      ],
    },
    { input },
  )
const logged = async (run: string) => {
  const [row] = await world.db
    .select()
    .from(steps)
    .where(and(eq(steps.instanceUuid, run), eq(steps.path, 'found')))
  return row!
}

it('F020 a search gives titles, addresses and snippets, and the run log says what was asked of whom', async () => {
  finds('/a', '/b', '/c', '/d', '/e', '/f')
  const run = await begin({ query: '  ferries\n in ${input} ' }, 'Norway')
  const { view } = await world.ended(run)
  expect(view).toMatchObject({ status: 'completed', percent: 100 })
  expect(view.output).toEqual(['/a', '/b', '/c', '/d', '/e'].map(hit))
  expect(asked()).toEqual(['/search?q=ferries+in+Norway&format=json&pageno=1'])
  expect(await logged(run)).toMatchObject({
    input: { query: 'ferries in Norway', provider: 'SearXNG', count: 5, pages: 0 },
    logs: [],
    attempts: 1,
  })
  const made = await world.db.select().from(calls).where(eq(calls.instanceUuid, run))
  expect(made).toMatchObject([
    { kind: 'tool', ordinal: 0, request: { provider: 'SearXNG', query: 'ferries in Norway', count: 5 } },
  ])
})

it('F020 the first pages are read; one that cannot be keeps its hit, and the log says why', async () => {
  finds('/a', '/gone', '/c', '/d')
  pages = { '/a': page('The first'), '/c': page('The third'), '/d': page('The fourth') }
  const run = await begin({ pages: 3, count: 4 })
  expect((await world.ended(run)).view.output).toEqual([
    { ...hit('/a'), text: 'The first' },
    hit('/gone'),
    { ...hit('/c'), text: 'The third' },
    hit('/d'),
  ])
  expect(asked().toSorted()).toEqual(['/a', '/c', '/gone', expect.stringMatching(/^\/search/)])
  expect((await logged(run)).logs).toEqual([`${web.url}/gone could not be read: the server answered 404.`])
  const made = await world.db.select().from(calls).where(eq(calls.instanceUuid, run))
  expect(made.map(({ ordinal }) => ordinal).toSorted()).toEqual([0, 1, 2, 3])
})

it('F020 a private address among the results is not called', async () => {
  engine = (response) =>
    sendJson(response, {
      results: [{ title: 'Metadata', url: 'http://169.254.169.254/latest', content: '' }],
    })
  const run = await begin({ pages: 1 })
  expect((await world.ended(run)).view.output).toEqual([
    { title: 'Metadata', url: 'http://169.254.169.254/latest', snippet: '' },
  ])
  expect((await logged(run)).logs).toEqual([
    expect.stringMatching(
      /^http:\/\/169\.254\.169\.254\/latest could not be read: .*private or reserved address/,
    ),
  ])
})

it('F020 ten large pages fit: each is cut at 64 KB, and the whole may be named by the steps after it', async () => {
  const paths = Array.from({ length: 10 }, (_, index) => `/${index}`)
  finds(...paths)
  const large = (response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': 'text/plain' }).end('"\n'.repeat(100_000))
  pages = Object.fromEntries(paths.map((path) => [path, large]))
  const run = await begin({ pages: 10, count: 10 })
  const callsOf = () => world.db.select().from(calls).where(eq(calls.instanceUuid, run))
  await until('the pages to be read', async () => (await callsOf()).length === 11, 50_000)
  const output = (await world.ended(run)).view.output as { text: string; truncated: boolean }[]
  expect(output).toHaveLength(10)
  for (const { text, truncated } of output) {
    expect(truncated).toBe(true)
    expect(text.length).toBeGreaterThan(10_000)
  }
  expect(bytesOf(output)).toBeLessThanOrEqual(largestPayload / 2)
})

it('F020 nothing found is a result, and said in the log', async () => {
  finds()
  const run = await begin({ pages: 3 })
  expect((await world.ended(run)).view.output).toEqual([])
  expect((await logged(run)).logs).toEqual(['SearXNG found nothing.'])
})

it('F020 a retry neither searches nor reads twice', async () => {
  finds('/a', '/b')
  pages = {
    '/a': page('The first'),
    '/b': (response) => {
      // The worker stumbles once everything is fetched, when it stores the result.
      beforeWrite = () => {
        beforeWrite = undefined
        throw new Error('stumbled')
      }
      page('The second')(response)
    },
  }
  const run = await begin({ pages: 2 })
  expect((await world.ended(run)).view.output).toEqual([
    { ...hit('/a'), text: 'The first' },
    { ...hit('/b'), text: 'The second' },
  ])
  expect((await logged(run)).attempts).toBe(2)
  expect(asked().toSorted()).toEqual([
    '/a',
    '/b',
    expect.stringContaining('pageno=1'),
    expect.stringContaining('pageno=2'),
  ])
})

it('F020 an empty query fails the step, and says that there is nothing to search for', async () => {
  const run = await begin({}, ' \n ')
  expect((await world.ended(run)).view).toMatchObject({
    status: 'failed',
    error: { code: 'Invalid', message: expect.stringContaining('The query is empty') },
  })
  expect(asked()).toEqual([])
})

it('F020 a query that is too long for the providers is cut, and the log says so', async () => {
  finds('/a')
  const run = await begin({}, 'word '.repeat(200))
  expect((await world.ended(run)).view.status).toBe('completed')
  expect(new URL(asked()[0] ?? '', web.url).searchParams.get('q')).toBe('word '.repeat(50).trim())
  expect((await logged(run)).logs[0]).toBe(
    'The query was cut: of its 999 characters the first 249 were searched for (at most 400 characters and 50 words).',
  )
})

it('F020 a busy provider is asked again; one that stays busy fails the step after the attempts it has', async () => {
  let times = 0
  engine = (response) =>
    ++times < 3 ? response.writeHead(503).end('Busy') : sendJson(response, { results: [] })
  const retry = { attempts: 3 }
  const run = await begin({ retry })
  expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: [] })
  expect(times).toBe(3)
  times = -10
  const failed = await begin({ retry })
  expect((await world.ended(failed)).view).toMatchObject({
    status: 'failed',
    error: {
      code: 'ProviderBusy',
      message: expect.stringContaining('SearXNG answered 503: Busy. Tried 3 times.'),
    },
  })
  expect(times).toBe(-7)
})

it('F020 a provider that refuses is asked once, and `onError` counts', async () => {
  engine = (response) => void response.writeHead(403).end('Forbidden')
  const run = await begin({ onError: 'continue' })
  expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: 'went on' })
  expect(asked()).toHaveLength(1)
  expect((await world.events(run, 'stepFailed')).map(({ error }) => error)).toMatchObject([
    { code: 'ProviderRefused', message: expect.stringContaining('search.formats: [html, json]') },
  ])
})

it('F020 without a provider the step fails and says what to set', async () => {
  search = missingSearch
  const run = await begin({})
  expect((await world.ended(run)).view).toMatchObject({
    status: 'failed',
    error: {
      code: 'ProviderMissing',
      message: expect.stringContaining('set SEARXNG_URL, BRAVE_API_KEY or TAVILY_API_KEY'),
    },
  })
})

it('F020 cancelling a run closes the connections to the provider and to the pages', async () => {
  engine = () => {}
  const [before, run] = [web.cutOff(), await begin({})]
  await until('the search to arrive', () => asked().length === 1)
  await world.handle(run).cancel()
  await until('the provider to see the close', () => web.cutOff() === before + 1, 2_000)
  expect((await world.ended(run)).view.status).toBe('cancelled')

  finds('/slow')
  pages = { '/slow': () => {} }
  const reading = await begin({ pages: 1 })
  await until('the page to be asked for', () => asked().includes('/slow'))
  await world.handle(reading).cancel()
  await until('the page’s server to see the close', () => web.cutOff() === before + 2, 2_000)
  expect((await world.ended(reading)).view.status).toBe('cancelled')
  // The search was done and stays written down; the page was not.
  const made = await world.db.select().from(calls).where(eq(calls.instanceUuid, reading))
  expect(made.map(({ ordinal }) => ordinal)).toEqual([0])
})
