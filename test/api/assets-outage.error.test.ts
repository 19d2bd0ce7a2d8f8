import { createHash, randomBytes } from 'node:crypto'
import { openAssets } from '../../storage/assets/assets.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { type S3Server, startS3 } from '../harness/s3-server.ts'

let s3: S3Server
let api: TestApi
beforeAll(async () => {
  s3 = await startS3()
  api = await startApi({ over: { assets: await openAssets(s3.address) } })
})
afterAll(async () => {
  await api.close()
  await s3.close()
})

test('while the bucket is away uploads and downloads are a 503 with Retry-After; then it is all there', async () => {
  const bytes = randomBytes(7_000_000)
  const as = api.as('member')
  const { status, body } = await as.upload('notes.bin', bytes)
  expect(status).toBe(201)
  expect(body).toMatchObject({
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  await s3.goAway()
  const [up, down] = [await as.upload('more.bin', bytes), await as.get(`R/files/${body.fileId}`)]
  for (const answer of [up, down]) {
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(answer.body.detail).toBe('the file store does not answer right now: try again')
  }
  await s3.comeBack()
  const response = await as.send(`R/files/${body.fileId}`, { method: 'GET' })
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
})
