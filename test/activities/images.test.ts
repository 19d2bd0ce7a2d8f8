import { ApplicationFailure } from '@temporalio/common'
import sharp from 'sharp'
import { createOpenAiImages } from '../../activities/providers/images/openai.ts'
import type { ImageRequest } from '../../activities/providers/images/port.ts'
import {
  answer,
  type ImageBehaviour,
  type ImageServer,
  painting,
  startImageServer,
} from '../harness/image-server.ts'
import { until } from '../harness/until.ts'

const apiKey = 'sk-secret-key-0123456789'
let server: ImageServer
let picture: Buffer

beforeAll(async () => {
  server = await startImageServer()
  picture = await sharp({ create: { width: 96, height: 64, channels: 3, background: '#123abc' } })
    .jpeg()
    .toBuffer()
})
beforeEach(() => void server.requests.splice(0))
afterAll(() => server.close())

const paint = (
  request: Partial<ImageRequest> = {},
  {
    model = 'gpt-image-1',
    timeLimit = 5_000,
    signal = new AbortController().signal,
    baseUrl = server.baseUrl,
  } = {},
) =>
  createOpenAiImages({ apiKey, baseUrl, model, timeLimit }).paint(
    { prompt: 'A lighthouse', ...request },
    { signal },
  )

async function failure(act: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await act.then(
    () => undefined,
    (problem: unknown) => problem,
  )
  expect(error).toBeInstanceOf(ApplicationFailure)
  expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain(apiKey)
  return error as ApplicationFailure
}

it('F021 a painted picture is a PNG of just the size asked for, with what it cost', async () => {
  server.will(painting(picture, { revised_prompt: 'A lighthouse at dusk' }))
  const { bytes, ...rest } = await paint({ size: { width: 300, height: 100 } })
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 300, height: 100 })
  expect(rest).toEqual({
    model: 'gpt-image-1',
    tokensIn: 12,
    tokensOut: 1_056,
    revisedPrompt: 'A lighthouse at dusk',
  })
  expect(server.requests).toEqual([{ model: 'gpt-image-1', prompt: 'A lighthouse', n: 1, size: '1536x1024' }])
})

it('F021 without a size the picture stays as large as it was painted', async () => {
  server.will(painting(picture))
  expect(await sharp((await paint()).bytes).metadata()).toMatchObject({
    format: 'png',
    width: 96,
    height: 64,
  })
})

it.each([
  ['gpt-image-1', { width: 600, height: 600 }, '1024x1024'],
  ['gpt-image-1', { width: 600, height: 1200 }, '1024x1536'],
  ['dall-e-3', { width: 1200, height: 630 }, '1792x1024'],
  ['dall-e-3', { width: 630, height: 1200 }, '1024x1792'],
  ['dall-e-2', { width: 1200, height: 630 }, '1024x1024'],
])('F021 %s is asked for the nearest size it paints to %j', async (model, size, asked) => {
  server.will(painting(picture))
  await paint({ size }, { model })
  expect(server.requests[0]?.size).toBe(asked)
})

it('F021 models that answer with addresses unless told otherwise are told otherwise', async () => {
  server.will(painting(picture))
  await paint({}, { model: 'dall-e-3' })
  expect(server.requests[0]?.response_format).toBe('b64_json')
})

it.each<[string, ImageBehaviour, RegExp]>([
  ['is busy', answer(429, { error: { message: 'slow down' } }), /The image model answered 429/],
  ['is down', answer(503, 'down'), /answered 503/],
  ['breaks off', (response) => response.destroy(), /cannot be reached|connection to the image model broke/],
  ['sends half an answer', answer(200, '{"data": [{"b64'), /no answer/],
  ['sends no picture', painting(Buffer.from('<html>busy</html>')), /no picture/],
  [
    'sends a picture of code',
    painting(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')),
    /no picture/,
  ],
])('F021 it is worth another try when the model %s', async (_, behaviour, message) => {
  server.will(behaviour)
  expect(await failure(paint())).toMatchObject({
    type: 'ProviderBusy',
    nonRetryable: false,
    message: expect.stringMatching(message),
  })
  expect(server.requests).toHaveLength(1)
})

it('F021 a pause that the model asks for is kept', async () => {
  server.will(answer(429, { error: { message: 'slow down' } }, { 'retry-after': '7' }))
  expect(Number((await failure(paint())).nextRetryDelay)).toBe(7_000)
})

it.each<[string, ImageBehaviour, RegExp]>([
  [
    'refuses the prompt',
    answer(400, { error: { code: 'moderation_blocked', message: 'rejected by the safety system' } }),
    /safety system/,
  ],
  [
    'knows no such key',
    (response, body, request) =>
      answer(401, { error: { message: `bad key ${request.headers.authorization}` } })(
        response,
        body,
        request,
      ),
    /\[key\].*Check OPENAI_API_KEY/,
  ],
  [
    'is not there',
    answer(404, { error: { message: 'no model' } }),
    /Check OPENAI_IMAGE_MODEL and OPENAI_BASE_URL/,
  ],
  [
    'answers with an address',
    answer(200, { created: 1, data: [{ url: 'https://pictures.example/1.png' }] }),
    /address in place of a picture/,
  ],
  ['answers with nothing', answer(200, { created: 1, data: [] }), /without a picture/],
])('F021 it is final when the model %s', async (_, behaviour, message) => {
  server.will(behaviour)
  expect(await failure(paint())).toMatchObject({
    type: 'ProviderRefused',
    nonRetryable: true,
    message: expect.stringMatching(message),
  })
})

it('F021 a model that never answers is given up at the limit', async () => {
  server.will(() => {})
  const before = server.aborted
  expect(await failure(paint({}, { timeLimit: 300 }))).toMatchObject({
    type: 'ProviderBusy',
    message: 'The image model did not finish within 0.3 s.',
  })
  await until('the server to see the close', () => server.aborted === before + 1)
})

it('F021 an abort closes the connection within a second', async () => {
  server.will(() => {})
  const before = server.aborted
  const abort = new AbortController()
  const call = paint({}, { signal: abort.signal }).catch((error: unknown) => error)
  await until('the call to arrive', () => server.requests.length === 1)
  const at = Date.now()
  abort.abort()
  await until('the server to see the close', () => server.aborted === before + 1, 1_000)
  expect(Date.now() - at).toBeLessThan(1_000)
  expect(await call).not.toBeInstanceOf(ApplicationFailure)
})
