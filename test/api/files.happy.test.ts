import { createHash, randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import net from 'node:net'
import { ReadableStream } from 'node:stream/web'
import { eq } from 'drizzle-orm'
import { attachment } from '../../api/download.ts'
import { cleanName } from '../../api/upload.ts'
import { largestFile } from '../../shared/contract/api/files.ts'
import type { Assets } from '../../storage/assets/assets.ts'
import { openFolderAssets } from '../../storage/assets/assets.ts'
import * as table from '../../storage/sql/schema.ts'
import { addressOf, scriptRun, startApi, type TestApi } from '../harness/api.ts'
import { tempFolder } from '../harness/temp-folder.ts'
import { until } from '../harness/until.ts'

let api: TestApi
const folder = tempFolder()
let isFull = false
beforeAll(async () => {
  const real = await openFolderAssets(folder.path)
  const assets: Assets = {
    ...real,
    putStream: async (key, stream) => {
      if (!isFull) return real.putStream(key, stream)
      stream.resume()
      throw Object.assign(new Error('write'), { code: 'ENOSPC' })
    },
  }
  api = await startApi({ over: { assets } })
})
afterAll(async () => {
  await api.close()
  folder.remove()
})

const allIn = () => readdir(folder.path, { recursive: true, withFileTypes: true })
const storedFiles = async () =>
  // Where a folder goes away while it is looked into, once more.
  (await allIn().catch(allIn)).filter((entry) => entry.isFile()).map(({ name }) => name)
const boundary = 'xxBOUNDARYxx'
const part = (name: string, filename: string, content: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: text/html\r\n\r\n${content}\r\n`
const sendRaw = async (
  body: string | Buffer,
  type = `multipart/form-data; boundary=${boundary}`,
  headers: Record<string, string> = {},
) => {
  const response = await api
    .as('member')
    .send('R/files', { method: 'POST', body: body as string, headers: { 'content-type': type, ...headers } })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('F006: a file is stored with its hash, typed by its content, and comes back as an attachment', async () => {
  const content = Buffer.from('%PDF-1.7\nnot really\n')
  const stored = await api.as('member').upload('Möte “1”.txt', content)
  expect(stored).toMatchObject({
    status: 201,
    body: {
      name: 'Möte “1”.txt',
      mediaType: 'application/pdf',
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    },
  })
  const response = await api.as('member').send(`R/files/${stored.body.fileId}`, {})
  expect(Buffer.from(await response.arrayBuffer())).toEqual(content)
  expect(response.headers.get('content-disposition')).toBe(
    `attachment; filename="M_te _1_.txt"; filename*=UTF-8''M%C3%B6te%20%E2%80%9C1%E2%80%9D.txt`,
  )
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('content-security-policy')).toContain('sandbox')
  const head = await api.as('member').send(`R/files/${stored.body.fileId}`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(content.length)])
})

test('a web page that is uploaded as a picture is neither', async () => {
  const body = await sendRaw(
    `${part('file', 'cat.png', '<html><script>alert(1)</script></html>')}--${boundary}--\r\n`,
  )
  const response = await api.as('member').send(`R/files/${body.body.fileId}`, {})
  expect(response.headers.get('content-type')).not.toContain('image')
  expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
})

test('a name is data: no folders, no control characters, at most 255 characters', async () => {
  const { body } = await api.as('member').upload('../../etc/passwd', 'x')
  expect(body.name).not.toMatch(/[/\\\u0000]/)
  expect((await storedFiles()).every((name) => /^[0-9a-f-]{36}\.(original|text)$/.test(name))).toBe(true)
  expect(cleanName('C:\\Users\\kim\\notes.pdf')).toBe('notes.pdf')
  expect(cleanName('..')).toBe('file')
  expect(cleanName(undefined)).toBe('file')
  expect(cleanName('a\r\nb\u202egpj.exe')).toBe('abgpj.exe')
  expect(cleanName(`${'é'.repeat(300)}.docx`)).toHaveLength(255)
  expect(cleanName(`${'x'.repeat(300)}.docx`).endsWith('.docx')).toBe(true)
  expect(cleanName('\ud800')).toBe('\ufffd')
  expect(attachment('a"\r\nSet-Cookie: x=1; b\'*()%.txt')).toMatch(/^[\x20-\x7e]+$/)
})

test('who may read a file: who uploaded it, admins, who sees its run, and all when it is in the Library', async () => {
  const { body: file } = await api.as('member').upload('mine.txt', 'mine')
  const status = async (who: 'admin' | 'member' | 'other' | 'approver') =>
    (await api.as(who).get(`R/files/${file.fileId}`)).status
  expect([
    await status('member'),
    await status('admin'),
    await status('other'),
    await status('approver'),
  ]).toEqual([200, 200, 404, 404])
  const run = await scriptRun(api, 'other')
  await api.db
    .update(table.files)
    .set({ instanceUuid: run.ref.instanceUuid })
    .where(eq(table.files.fileId, file.fileId))
  expect([await status('other'), await status('approver')]).toEqual([200, 404])
  await run.ask({ kind: 'approval', approvers: { role: 'approver' }, artifact: { text: 'x', sha256: 'x' } })
  expect(await status('approver')).toBe(200)
  const { body: shared } = await api.as('member').upload('shared.txt', 'shared')
  await api.db.update(table.files).set({ libraryAt: new Date() }).where(eq(table.files.fileId, shared.fileId))
  expect((await api.as('other').get(`R/files/${shared.fileId}`)).status).toBe(200)
  expect((await api.as('other').get('R/library')).body.items).toMatchObject([
    { fileId: shared.fileId, name: 'shared.txt', workflowName: null },
  ])
  expect((await api.as('other').get(`R/library/${shared.fileId}`)).body).toMatchObject({ name: 'shared.txt' })
  expect((await api.as('member').get(`R/library/${file.fileId}`)).status).toBe(404)
  expect((await api.as('other').get('R/library?q=nothing')).body.items).toEqual([])
})

test('only multipart with one file in the part "file" is an upload', async () => {
  const before = await storedFiles()
  const one = part('file', 'a.txt', 'a')
  for (const [what, body, type, status] of [
    ['JSON', '{"files":[{"path":"/etc/passwd"}]}', 'application/json', 415],
    ['a form', 'file=x', 'application/x-www-form-urlencoded', 415],
    ['no boundary', 'x', 'multipart/form-data', 415],
    ['an empty boundary', 'x', 'multipart/form-data; boundary=', 400],
    ['two files', `${one}${part('file', 'b.txt', 'b')}--${boundary}--\r\n`, undefined, 422],
    ['three files', `${one}${one}${one}--${boundary}--\r\n`, undefined, 422],
    ['another part', `${part('upload', 'a.txt', 'a')}--${boundary}--\r\n`, undefined, 422],
    [
      'no file',
      `--${boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--${boundary}--\r\n`,
      undefined,
      422,
    ],
    ['nothing', `--${boundary}--\r\n`, undefined, 422],
    ['half a part', one, undefined, 400],
    ['half a header', `--${boundary}\r\nContent-Disposition: form-da`, undefined, 400],
    [
      'an endless header',
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${'x'.repeat(100_000)}"\r\n\r\nx\r\n--${boundary}--\r\n`,
      undefined,
      400,
    ],
    [
      'many fields',
      `${Array.from({ length: 50 }, (_, n) => `--${boundary}\r\nContent-Disposition: form-data; name="f${n}"\r\n\r\nx\r\n`).join('')}--${boundary}--\r\n`,
      undefined,
      422,
    ],
  ] as const)
    expect([what, await sendRaw(body, type)]).toMatchObject([what, { status, body: { status } }])
  expect((await storedFiles()).sort()).toEqual(before.sort())
  expect(
    (
      await sendRaw(
        `--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\nx\r\n${one}--${boundary}--\r\n`,
      )
    ).status,
  ).toBe(201)
})

test('a file over the limit is a 413 and leaves nothing', async () => {
  const before = await storedFiles()
  const announced = await new Promise<string>((resolve) => {
    const { pathname, port } = new URL(addressOf(api.url, api, 'R/files'))
    const socket = net.connect(Number(port), '127.0.0.1')
    socket.on('data', (data) => resolve(data.toString()))
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.keys.member}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: ${largestFile * 2}\r\n\r\n`,
    )
  })
  expect(announced).toMatch(/^HTTP\/1\.1 413/)
  const block = Buffer.alloc(1024 * 1024, 'x')
  async function* stream() {
    yield Buffer.from(part('file', 'big.txt', '').slice(0, -2))
    for (let sent = 0; sent <= largestFile; sent += block.length) yield block
    yield Buffer.from(`\r\n--${boundary}--\r\n`)
  }
  const response = await api.as('member').send('R/files', {
    method: 'POST',
    body: ReadableStream.from(stream()) as unknown as string,
    duplex: 'half',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  } as RequestInit)
  expect(response.status).toBe(413)
  await until('nothing is left', async () => (await storedFiles()).length === before.length)
}, 60_000)

test('an upload that breaks off leaves nothing', async () => {
  const before = await storedFiles()
  const { pathname, port } = new URL(addressOf(api.url, api, 'R/files'))
  for (let n = 0; n < 5; n++) {
    const socket = net.connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.keys.member}\r\nContent-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: 5000000\r\n\r\n${part('file', 'a.txt', 'x'.repeat(400_000)).slice(0, -2)}`,
    )
    await until('some bytes are there', async () => (await storedFiles()).length > before.length)
    socket.destroy()
    await until('nothing is left', async () => (await storedFiles()).length === before.length)
  }
  expect(await api.db.select().from(table.files).where(eq(table.files.name, 'a.txt'))).toHaveLength(1)
})

test('a full disk is a 507', async () => {
  isFull = true
  const refused = await api.as('member').upload('a.txt', 'a')
  isFull = false
  expect(refused).toMatchObject({ status: 507, body: { code: 'Full' } })
  expect(JSON.stringify(refused.body)).not.toContain('ENOSPC')
})

test('an Idempotency-Key stores a file once; another file under it is refused', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const before = (await storedFiles()).length
  const all = await Promise.all(
    Array.from({ length: 8 }, () => api.as('member').upload('once.txt', 'once', headers)),
  )
  expect(new Set(all.map(({ body }) => body.fileId)).size).toBe(1)
  await until('one file is left', async () => (await storedFiles()).length === before + 1)
  expect((await api.as('member').get(`R/files/${all[0]?.body.fileId}`)).body).toBe('once')
  expect(await api.as('member').upload('once.txt', 'twice', headers)).toMatchObject({
    status: 422,
    body: { code: 'KeyReused' },
  })
  await until('one file is left', async () => (await storedFiles()).length === before + 1)
})
