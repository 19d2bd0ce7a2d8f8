import type { ServerResponse } from 'node:http'
import { ApplicationFailure } from '@temporalio/common'
import { createBraveSearch } from '../../activities/providers/search/brave.ts'
import { chooseSearch } from '../../activities/providers/search/choose-search.ts'
import type { WebSearch } from '../../activities/providers/search/port.ts'
import { createSearxngSearch } from '../../activities/providers/search/searxng.ts'
import { createTavilySearch } from '../../activities/providers/search/tavily.ts'
import { until } from '../harness/until.ts'
import { type Received, sendJson, startWebServer, type WebServer } from '../harness/web-server.ts'

const apiKey = 'secret-key-0123456789'

let server: WebServer
let answer: (request: Received, response: ServerResponse) => void
beforeAll(async () => {
  server = await startWebServer((request, response) => answer(request, response))
})
beforeEach(() => {
  server.received.length = 0
})
afterAll(() => server.close())

const never = new AbortController().signal
const go = (search: WebSearch, count = 5, signal = never) =>
  search.search({ query: 'ferries & fjords', count }, { signal })

/** Each provider at the local server, with a list of results as it would send it. */
const providers = {
  SearXNG: {
    open: (timeLimit?: number) =>
      createSearxngSearch({
        url: `${server.url.replace('://', `://parley:${apiKey}@`)}/searx`,
        ...limit(timeLimit),
      }),
    body: (results: Row[]) => ({
      query: 'q',
      number_of_results: 0,
      results: results.map(({ snippet: content, ...row }) => ({ ...row, content, engine: 'x', score: 1 })),
      answers: [],
      unresponsive_engines: [],
    }),
  },
  'Brave Search': {
    open: (timeLimit?: number) => createBraveSearch({ apiKey, baseUrl: server.url, ...limit(timeLimit) }),
    body: (results: Row[]) => ({
      type: 'search',
      query: { original: 'q' },
      web: {
        type: 'search',
        results: results.map(({ snippet: description, ...row }) => ({ ...row, description })),
      },
    }),
  },
  Tavily: {
    open: (timeLimit?: number) => createTavilySearch({ apiKey, baseUrl: server.url, ...limit(timeLimit) }),
    body: (results: Row[]) => ({
      query: 'q',
      answer: null,
      images: [],
      results: results.map(({ snippet: content, ...row }) => ({
        ...row,
        content,
        score: 0.9,
        raw_content: null,
      })),
      response_time: '1.67',
    }),
  },
}
interface Row {
  title?: unknown
  url?: unknown
  snippet?: unknown
}
const limit = (timeLimit?: number) => (timeLimit === undefined ? {} : { timeLimit })
const names = Object.keys(providers) as (keyof typeof providers)[]
const row = (number: number): Row => ({
  title: `Title ${number}`,
  url: `https://example.com/${number}`,
  snippet: `About ${number}`,
})
const rows = (count: number, from = 1) => Array.from({ length: count }, (_, index) => row(from + index))

async function failure(act: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await act.then(
    (value) => `it gave ${JSON.stringify(value)}`,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ApplicationFailure)
  const { message, stack, cause } = error as ApplicationFailure
  expect(JSON.stringify([message, stack, cause])).not.toContain(apiKey)
  return error as ApplicationFailure
}

describe('F020 asks', () => {
  it('SearXNG for JSON below its own path, with its password as HTTP Basic', async () => {
    answer = (_, response) => sendJson(response, providers.SearXNG.body(rows(5)))
    await go(providers.SearXNG.open())
    const [{ method, path, headers }] = server.received as [Received]
    expect(method).toBe('GET')
    expect(path).toBe('/searx/search?q=ferries+%26+fjords&format=json&pageno=1')
    expect(headers.authorization).toBe(`Basic ${Buffer.from(`parley:${apiKey}`).toString('base64')}`)
  })

  it('SearXNG for the next page until there are enough, or no more', async () => {
    answer = ({ path }, response) => {
      const number = Number(new URL(path, 'http://x').searchParams.get('pageno'))
      sendJson(response, providers.SearXNG.body(number > 2 ? [] : rows(7, number * 7 - 6)))
    }
    expect((await go(providers.SearXNG.open(), 10)).hits.map(({ title }) => title)).toEqual(
      rows(10).map(({ title }) => title),
    )
    expect(server.received).toHaveLength(2)
    server.received.length = 0
    expect((await go(providers.SearXNG.open(), 20)).hits).toHaveLength(14)
    expect(server.received).toHaveLength(3)
  })

  it('Brave with its token', async () => {
    answer = (_, response) => sendJson(response, providers['Brave Search'].body(rows(5)))
    await go(providers['Brave Search'].open(), 7)
    const [{ path, headers }] = server.received as [Received]
    expect(path).toBe(
      '/res/v1/web/search?q=ferries+%26+fjords&count=7&result_filter=web&text_decorations=false',
    )
    expect(headers['x-subscription-token']).toBe(apiKey)
  })

  it('Tavily with its key, for results only', async () => {
    answer = (_, response) => sendJson(response, providers.Tavily.body(rows(5)))
    await go(providers.Tavily.open(), 7)
    const [{ method, path, headers, body }] = server.received as [Received]
    expect([method, path, headers.authorization]).toEqual(['POST', '/search', `Bearer ${apiKey}`])
    expect(JSON.parse(body)).toEqual({
      query: 'ferries & fjords',
      max_results: 7,
      search_depth: 'basic',
      include_answer: false,
      include_raw_content: false,
    })
  })
})

describe.each(names)('F020 %s', (name) => {
  const { open, body } = providers[name]

  it('gives the results, as many as were wanted', async () => {
    answer = (_, response) => sendJson(response, body(rows(6)))
    expect(await go(open(), 2)).toEqual({ hits: [row(1), row(2)], notes: [] })
  })

  it('gives none when nothing was found', async () => {
    answer = (_, response) => sendJson(response, body([]))
    expect(await go(open())).toEqual({ hits: [], notes: [] })
  })

  it('leaves out what is no result, and tidies the rest', async () => {
    answer = (_, response) =>
      sendJson(
        response,
        body([
          { title: 'No address', snippet: 'x' },
          { title: 'Script', url: 'javascript:alert(1)', snippet: 'x' },
          { title: 'File', url: 'file:///etc/passwd', snippet: 'x' },
          { title: 7, url: 'https://example.com/7', snippet: 'x' },
          { title: ' A\n\ttitle\u0000 ', url: 'https://example.com/a', snippet: null },
          { title: 'Again', url: 'https://example.com/a', snippet: 'x' },
          { url: 'https://example.com/untitled', snippet: 'x'.repeat(5_000) },
        ]),
      )
    expect((await go(open(), 20)).hits).toEqual([
      { title: 'A title', url: 'https://example.com/a', snippet: '' },
      { title: 'example.com', url: 'https://example.com/untitled', snippet: `${'x'.repeat(1_999)}…` },
    ])
  })

  it.each([400, 401, 403, 404, 422])('is final when it answers %d', async (status) => {
    answer = (_, response) => sendJson(response, { detail: { error: `key ${apiKey} is no good` } }, status)
    const error = await failure(go(open()))
    expect(error).toMatchObject({ type: 'ProviderRefused', nonRetryable: true })
    expect(error.message).toContain(`${name} answered ${status}: key [key] is no good.`)
    expect(server.received).toHaveLength(1)
  })

  it.each([408, 429, 500, 502, 503])('is worth another try when it answers %d', async (status) => {
    answer = (_, response) =>
      void response.writeHead(status).end('<html><title>x</title><h1>Busy</h1></html>')
    const error = await failure(go(open()))
    expect(error).toMatchObject({ type: 'ProviderBusy', nonRetryable: false })
    expect(error.message).toContain(`${name} answered ${status}: Busy.`)
    expect(error.nextRetryDelay).toBeUndefined()
  })

  it('is left alone for as long as it asks', async () => {
    answer = (_, response) => sendJson(response, { error: 'slow down' }, 429, { 'retry-after': '7' })
    expect(await failure(go(open()))).toMatchObject({ type: 'ProviderBusy', nextRetryDelay: 7_000 })
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['a page', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['nothing', (response) => void response.end()],
    ['another JSON', (response) => sendJson(response, { results: 'none', web: 7 })],
    ['a list', (response) => sendJson(response, [])],
    ['null', (response) => sendJson(response, null)],
  ])('sends %s: that is no list of results', async (_, send) => {
    answer = (_, response) => send(response)
    expect(await failure(go(open()))).toMatchObject({
      type: 'ProviderBusy',
      message: expect.stringContaining(`${name} sent something that is no list of results.`),
    })
  })

  it('never answers: it is given up at the limit, and the connection closed', async () => {
    answer = () => {}
    const before = server.cutOff()
    expect(await failure(go(open(200)))).toMatchObject({
      type: 'ProviderBusy',
      message: `${name} did not answer within 0.2 s.`,
    })
    await until('the server to see the close', () => server.cutOff() > before)
  })

  it('sends without end: it is stopped', async () => {
    answer = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('{"results":['.repeat(5_000)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    const before = server.cutOff()
    expect(await failure(go(open()))).toMatchObject({
      type: 'ProviderBusy',
      message: `${name} sent more than 4 MB and was stopped.`,
    })
    await until('the server to see the close', () => server.cutOff() > before)
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['closes without a word', (response) => void response.destroy()],
    [
      'breaks off',
      (response) => {
        response.writeHead(200, { 'content-length': '500' })
        response.write('{"results": [')
        setTimeout(() => response.destroy(), 20)
      },
    ],
  ])('%s', async (_, send) => {
    answer = (_, response) => send(response)
    expect(await failure(go(open()))).toMatchObject({
      type: 'ProviderBusy',
      message: expect.stringContaining(`${name} cannot be reached.`),
    })
  })

  it('an abort closes the connection within a second', async () => {
    answer = () => {}
    const [before, stop] = [server.cutOff(), new AbortController()]
    const call = go(open(), 5, stop.signal).catch((error: unknown) => error)
    await until('the call to arrive', () => server.received.length === 1)
    stop.abort()
    await until('the server to see the close', () => server.cutOff() > before, 1_000)
    expect(await call).not.toBeInstanceOf(ApplicationFailure)
  })
})

it.each(['Brave Search', 'Tavily'] as const)(
  'F020 %s gets no key sent on to another address',
  async (name) => {
    answer = ({ path }, response) =>
      path === '/elsewhere'
        ? sendJson(response, providers[name].body(rows(1)))
        : void response.writeHead(307, { location: '/elsewhere' }).end()
    expect(await failure(go(providers[name].open()))).toMatchObject({ type: 'ProviderRefused' })
    expect(server.received).toHaveLength(1)
  },
)

it('F020 what to do is said with a refusal', async () => {
  const words = async (name: keyof typeof providers, status: number) => {
    answer = (_, response) => sendJson(response, {}, status)
    return (await failure(go(providers[name].open()))).message
  }
  expect(await words('SearXNG', 403)).toMatch(/search\.formats: \[html, json\]/)
  expect(await words('SearXNG', 401)).toMatch(/password in SEARXNG_URL/)
  expect(await words('Brave Search', 422)).toMatch(/Check BRAVE_API_KEY/)
  expect(await words('Tavily', 401)).toMatch(/Check TAVILY_API_KEY/)
  expect(await words('Tavily', 432)).toMatch(/used up/)
  const nowhere = createSearxngSearch({ url: 'http://127.0.0.1:9' })
  expect((await failure(go(nowhere))).message).toBe('SearXNG cannot be reached. Check SEARXNG_URL.')
})

it.each([
  ['a second', '0, 1000', '1, 1419704', { type: 'ProviderBusy', nextRetryDelay: 1_000 }],
  ['the rest of the month', '1, 0', '1, 1419704', { type: 'ProviderRefused' }],
  ['nothing it can read', 'x', 'y', { type: 'ProviderBusy', nextRetryDelay: undefined }],
])('F020 Brave asks to wait for %s', async (_, left, until, expected) => {
  const headers = { 'x-ratelimit-remaining': left, 'x-ratelimit-reset': until }
  answer = (_, response) =>
    sendJson(response, { type: 'ErrorResponse', error: { detail: 'Rate limit' } }, 429, headers)
  expect(await failure(go(providers['Brave Search'].open()))).toMatchObject(expected)
})

it('F020 Brave’s words are read out of HTML', async () => {
  const result = {
    title: 'Q&amp;A',
    url: 'https://a.example/',
    snippet: 'It&#x27;s <strong>a</strong> 1 &lt; 2',
  }
  answer = (_, response) => sendJson(response, providers['Brave Search'].body([result]))
  expect((await go(providers['Brave Search'].open())).hits).toEqual([
    { title: 'Q&A', url: 'https://a.example/', snippet: "It's a 1 < 2" },
  ])
})

it('F020 SearXNG says which engines did not answer', async () => {
  answer = (_, response) =>
    sendJson(response, {
      results: [],
      unresponsive_engines: [
        ['google', 'CAPTCHA'],
        ['bing', 'timeout'],
      ],
    })
  expect(await go(providers.SearXNG.open())).toEqual({
    hits: [],
    notes: ['SearXNG had no answer from google (CAPTCHA), bing (timeout).'],
  })
})

describe('F020 the provider is chosen by configuration', () => {
  const all = { SEARXNG_URL: 'http://localhost:8888', BRAVE_API_KEY: 'b', TAVILY_API_KEY: 't' }

  it('in the order SearXNG, Brave, Tavily', () => {
    expect(chooseSearch(all).provider).toBe('SearXNG')
    expect(chooseSearch({ ...all, SEARXNG_URL: undefined }).provider).toBe('Brave Search')
    expect(chooseSearch({ TAVILY_API_KEY: 't' }).provider).toBe('Tavily')
  })

  it('without any, a search fails and says what to set', async () => {
    expect(await failure(go(chooseSearch({})))).toMatchObject({
      type: 'ProviderMissing',
      nonRetryable: true,
      message:
        'Web search is not configured: set SEARXNG_URL, BRAVE_API_KEY or TAVILY_API_KEY, then start Parley again.',
    })
  })
})
